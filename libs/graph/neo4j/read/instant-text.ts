/** Times beyond what a text of four digits a year can say bound nothing. */
const MOST = 253_402_300_799_999;

/** As times are kept: texts of one length, which sort as instants do. @param t ms */
export const instantText = (t: number): string => new Date(Math.max(-MOST, Math.min(MOST, t))).toISOString();
