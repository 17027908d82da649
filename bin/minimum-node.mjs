/** What everything but the set-up needs: the first Node whose `node:module` keeps what it compiles. */
export const minimumMajor = 22;

export const isNewEnough = Number(process.versions.node.split('.')[0]) >= minimumMajor;
