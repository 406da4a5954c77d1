import { posix } from "node:path";

/** What a line of a log shows, and what cures it. */
interface LogCure {
  pattern: RegExp;
  /** Whether every further start must end the same way. */
  isFinal: boolean;
  /** With the path that the line names, the last one: a shell begins with that of its script. */
  cure: (path: string | undefined) => string;
}

const cures: LogCure[] = [
  {
    pattern: /read-only file ?system|\bEROFS\b|\berrno:? 30\b/i,
    isFinal: true,
    cure: (path) =>
      `the root file system is read-only: mount an emptyDir at ${path === undefined ? "the folder" : folderOf(path)} (\`volumes\`)`,
  },
  {
    // Of initdb, for which a volume must be empty.
    pattern: /\blost\+found\b/,
    isFinal: true,
    cure: () => "the volume has a folder lost+found: mount another folder of it (`subPath` of the claim)",
  },
  {
    // Of initdb and of mysqld.
    pattern: /\bdirectory\b.*\b(exists but is not empty|has files in it)\b/i,
    isFinal: true,
    cure: () =>
      "the folder is not empty, perhaps because an earlier first start did not end well: mount another folder of the volume (`subPath` of the claim)",
  },
  {
    // Also of a server that the container asks, which can change its mind.
    pattern: /permission denied|\bEACCES\b/i,
    isFinal: false,
    cure: (path) =>
      `if the user of the container is not allowed to use ${path ?? "a file"}: set podSecurityContext.runAsUser and fsGroup to those of the image`,
  },
  {
    // A program that names the file and not the reason, as MySQL does for its socket.
    pattern: /\b(can(no|')t|could not|unable to|failed to) (create|write)\b.*[\s"'`(=]\/[^\s"'`]+["'`)]*\.?$/i,
    isFinal: false,
    cure: (path = "/") =>
      `if the root file system must not be read-only there: mount an emptyDir at ${folderOf(path)} (\`volumes\`)`,
  },
];

/** The folder of a file. A path in the root is a folder itself. */
const folderOf = (path: string) => (posix.dirname(path) === "/" ? path : posix.dirname(path));

/** A path in a line, not one in a URL. */
const path = /(?<=^|[\s"'`([=,]|: ?)\/(?:[\w.@+~-]+\/?)+/g;

/** What cures a container, according to its log; undefined if the log does not show it. */
export function cureInLog(log: string): string | undefined {
  const lines = log.split("\n");
  for (const { pattern, cure } of cures) {
    const line = lines.find((line) => pattern.test(line));
    if (line !== undefined) return cure(line.match(path)?.at(-1));
  }
  return undefined;
}

/** Whether a container must fail again, according to its log. */
export const isFinalInLog = (log: string) => cures.some(({ pattern, isFinal }) => isFinal && pattern.test(log));
