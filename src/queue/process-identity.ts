import { readFileSync, readlinkSync } from 'node:fs';

/**
 * A name for a process that no other process ever has: the running kernel, the PID namespace, the PID and the moment it
 * started. Undefined where there is no `/proc` to tell.
 */
export function processIdentity(pid: number | 'self'): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold anything, so counting begins behind the last one.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const started = fields[18];
    if (state === undefined || state === 'Z' || started === undefined) return undefined;
    return `${machine()} ${Number.parseInt(stat, 10)} ${started}`;
  } catch {
    return undefined;
  }
}

/**
 * Whether the named process is certainly gone. A process of another machine or container cannot be judged from here and
 * counts as alive: its lease has to run out.
 */
export function isGone(identity: string): boolean {
  const [kernel, namespace, pid] = identity.split(' ');
  if (pid === undefined || `${kernel} ${namespace}` !== machine()) return false;
  return processIdentity(Number(pid)) !== identity;
}

/** `<boot id> <pid namespace>`; empty where it cannot be read, so that nothing matches. */
function machine(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}
