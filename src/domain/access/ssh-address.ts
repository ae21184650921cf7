const url = /^ssh:\/\/([^@/]*@)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?/;
const short = /^([^@/]*@)?(\[[^\]]*\]|[^:/]*):/;

/**
 * What `ssh` is told to reach this instance, from what stands before `<full path>.git` in SSH clone URLs: `git@host` of
 * `git@host:`, `git@host -p 2222` of `ssh://git@host:2222/`. An IPv6 address loses its brackets, which `ssh` takes for a
 * part of the name.
 */
export function sshAddressOf(clonePrefix: string): string {
  const [, user = "", host, port] = url.exec(clonePrefix) ?? short.exec(clonePrefix) ?? [];
  if (host === undefined) return clonePrefix;
  const address = `${user}${host.replace(/^\[(.*)\]$/, "$1")}`;
  return port === undefined ? address : `${address} -p ${port}`;
}
