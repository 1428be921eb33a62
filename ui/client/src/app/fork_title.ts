/** What a thread is called that goes on under this title: ui.ForkTitle of the server. */
export const forkTitle = (title: string, copy: boolean): string => (copy ? title.replace(/ \(continued\)\s*$/, " (copy)") : title);
