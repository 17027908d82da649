/** The end of an id: it begins with the day and the hour, so its end is what tells sessions apart, and enough to name one. */
export const shortId = (id: string): string => id.slice(id.lastIndexOf('-') + 1);
