import assert from "node:assert/strict";
import { cureInLog, isFinalInLog } from "../../live/pods/logCures";

describe("what cures a container, according to its log", () => {
  const emptyDir = (folder: string) =>
    `the root file system is read-only: mount an emptyDir at ${folder} (\`volumes\`)`;

  for (const [program, log, folder] of [
    ["a shell", "/entry.sh: 12: cannot create /tmp/pw: Read-only file system", "/tmp"],
    ["Python", "OSError: [Errno 30] Read-only file system: '/var/cache/app/x.json'", "/var/cache/app"],
    ["Node", "Error: EROFS: read-only file system, open '/app/state.json'", "/app"],
    ["Go", "main: open /run/server.pid: read-only file system", "/run"],
    ["Erlang", '{error,{cannot_log_to_file,"/var/log/rabbitmq/rabbit@a_upgrade.log",erofs}}', "/var/log/rabbitmq"],
    ["Java", "java.nio.file.FileSystemException: /data/lock: Read-only file system", "/data"],
    ["MySQL, which has a number for the reason", 'Unable to create temporary file inside "/tmp"; errno: 30', "/tmp"],
    ["a server behind a URL", "see http://host/help\nread-only file system", "the folder"],
  ] as const) {
    it(`is an emptyDir for what ${program} must write`, () => {
      assert.equal(cureInLog(`starting\n${log}\nbye`), emptyDir(folder));
      assert.ok(isFinalInLog(log));
    });
  }

  it("is a folder of a volume that is not empty", () => {
    const log =
      'initdb: error: directory "/var/lib/postgresql/data" exists but is not empty\nIt contains a lost+found directory';
    assert.match(cureInLog(log) ?? "", /`subPath` of the claim/);
    assert.ok(isFinalInLog(log));
  });

  for (const [program, log] of [
    ["initdb", 'initdb: error: directory "/var/lib/postgresql/data" exists but is not empty'],
    ["mysqld", "[Server] --initialize specified but the data directory has files in it. Aborting."],
  ] as const) {
    it(`is another folder of the volume after a first start of ${program} that failed`, () => {
      assert.match(cureInLog(log) ?? "", /an earlier first start .* another folder .*`subPath` of the claim/);
      assert.ok(isFinalInLog(log));
    });
  }

  it("can be another user, which is not sure", () => {
    const log = "mkdir: cannot create directory '/data/db': Permission denied";
    assert.match(cureInLog(log) ?? "", /allowed to use \/data\/db: set podSecurityContext\.runAsUser and fsGroup/);
    assert.ok(!isFinalInLog(log));
    assert.match(cureInLog("ERROR: permission denied for table users") ?? "", /use a file/);
  });

  for (const log of [
    "[ERROR] [MY-010273] [Server] Could not create unix socket lock file /run/mysqld/mysqld.sock.lock.",
    "unable to write '/run/mysqld/server.pid'",
    "can't create file (/run/mysqld/x)",
  ]) {
    it(`can be an emptyDir for a file that is named without a reason: ${log}`, () => {
      assert.match(cureInLog(log) ?? "", /^if .*: mount an emptyDir at \/run\/mysqld \(`volumes`\)$/);
      assert.ok(!isFinalInLog(log));
    });
  }

  it("is not known for other words", () => {
    for (const log of [
      "",
      "connection refused",
      "the lost and found",
      "cannot create the table app",
      "could not create file /data/x: No space left on device",
    ]) {
      assert.equal(cureInLog(log), undefined);
      assert.ok(!isFinalInLog(log));
    }
  });
});
