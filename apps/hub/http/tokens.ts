/** What Nest injects by, where there is no class to name. */
export const HUB_PARTS = Symbol('HubParts');
