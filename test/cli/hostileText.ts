/** A name that clears the screen, colours it, turns the reading direction round, and ends the line. */
export const HOSTILE = 'ok\u001b[2J\u001b[31m\u202e\u2066\u200b\r\n\u009b5mx';

/** What no output may contain, besides its own line ends. */
export const DANGEROUS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
