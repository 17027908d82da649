/** The sessions of the library for a host that asks for nothing else, and so needs no engine. */
import { type LibraryListing, openLibrary } from '../store/library';

export const listSessions = (): LibraryListing => openLibrary().list();
