const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Whether PostgreSQL can look for it: an id in a path may be anything. */
export const isUuid = (text: string): boolean => UUID.test(text);
