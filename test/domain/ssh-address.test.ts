import { expect, it } from "vitest";
import { sshAddressOf } from "../../src/domain/access/ssh-address.ts";

it.each([
  ["git@host:", "git@host"],
  ["git@gitlab.example.test:", "git@gitlab.example.test"],
  ["host:", "host"],
  ["git@host:mirror/", "git@host"],
  ["git@192.0.2.1:", "git@192.0.2.1"],
  ["git@[2001:db8::1]:", "git@2001:db8::1"],
  ["ssh://git@host:2222/", "git@host -p 2222"],
  ["ssh://git@host/", "git@host"],
  ["ssh://git@host", "git@host"],
  ["ssh://host:22/", "host -p 22"],
  ["ssh://git@host:2222/mirror/", "git@host -p 2222"],
  ["ssh://git@[2001:db8::1]:2222/", "git@2001:db8::1 -p 2222"],
  ["ssh://git@[::1]/", "git@::1"],
  ["git@host:ssh://other/", "git@host"],
  ["git@[a]b:", "git@[a]b"],
  ["git@a[b]:", "git@a[b]"],
  ["mirror/host:", "mirror/host:"],
  ["no address", "no address"],
  ["", ""],
])("%s is reached by: ssh %s", (clonePrefix, address) => {
  expect(sshAddressOf(clonePrefix)).toBe(address);
});
