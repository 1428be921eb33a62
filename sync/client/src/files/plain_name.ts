/** The name of a file as it is shown: in one line, without control and direction characters. The server's half is PlainName in sync/engine. */
export const plainName = (name: string): string => name.replace(/[\t-\r\u0085\u2028\u2029]+/g, " ").replace(/[\p{Cc}\p{Bidi_Control}]/gu, "").trim();
