/** How a session is named on the command line, as every command says it. */
export const SESSION_ID = 'id of the session, its beginning or end, or "last"';
export const SESSION_IDS = 'ids of the sessions, their beginnings or ends, or "last"';
