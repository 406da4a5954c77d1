import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { goldenFiles } from "../../tools/golden";
import { needsProgram } from "../skip";

/*
 * What two linters that are not of this project say of the examples. Both are given what `npm run render` prints.
 */

const cpuLimit = "a limit of CPU slows a container down although the node is idle";
const ownUser = "an image has a user of its own, and runAsNonRoot keeps that from being root";
const versions = "an image is named by its version, which does not change; a stack file can name a digest";

/** What is not mended, and why. */
const ignored: Record<string, string> = {
  "kube-score container-resources: CPU limit is not set": cpuLimit,
  "kube-score container-ephemeral-storage-request-and-limit: Ephemeral Storage limit is not set":
    "the kubelet evicts a pod that exceeds the limit, for a long log or a file in /tmp",
  "kube-score container-image-pull-policy: ImagePullPolicy is not set to Always": versions,
  "kube-score container-security-context-user-group-id: The container is running with a low user ID": ownUser,
  "kube-score container-security-context-user-group-id: The container running with a low group ID":
    "the user of an image has a group of its own, which no container can start with if it does not name the user",
  "kube-score statefulset-has-servicename: StatefulSet does not have a valid serviceName":
    "the only pod of a store is reached by the Service of the store, which is not headless",
  "kube-score pod-networkpolicy: The pod does not have a matching egress NetworkPolicy":
    "a rule that allows all egress would undo one of the namespace that denies some, and databases reach what no default knows",
  "kube-score networkpolicy-targets-pod: The NetworkPolicys selector doesn't match any pods":
    "a rendering lacks the jobs for a change of the number of replicas, whose pods it selects",
  "kube-score service-type: The service is of type NodePort": "the example timeapp shows node ports",
  "checkov CKV_K8S_11: CPU limits should be set": cpuLimit,
  "checkov CKV_K8S_15: Image Pull Policy should be Always": versions,
  "checkov CKV_K8S_43: Image should use digest": versions,
  "checkov CKV_K8S_40: Containers should run as a high UID to avoid host conflict": ownUser,
  "checkov CKV_K8S_35: Prefer using secrets as files over secrets as environment variables":
    "the images of the examples read variables",
  "checkov CKV_K8S_38: Ensure that Service Account Tokens are only mounted where necessary":
    "Vault's agent requires a token, and moscow-time shows one",
};

/** The text that a program prints, whatever it finds. */
const outputOf = (program: string, args: string[]) =>
  new Promise<string>((fulfil, reject) => {
    execFile(program, args, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (stdout === "") reject(new Error(`${program}: ${stderr}`, { cause: error }));
      else fulfil(stdout);
    });
  });

/** A finding, as it is in the table above, and where it is. */
interface Finding {
  what: string;
  where: string;
}

interface KubeScore {
  object_name: string;
  checks: {
    check: { id: string };
    grade: number;
    skipped: boolean;
    comments: { path: string; summary: string; description: string }[] | null;
  }[];
}

async function kubeScore(files: string[]): Promise<Finding[]> {
  const options = ["score", "--kubernetes-version", "v1.35", "--output-format", "json", ...files];
  const output = await outputOf("go", ["-C", join(__dirname, "kube-score"), "tool", "kube-score", ...options]);
  const bestGrade = 10;
  return (JSON.parse(output) as KubeScore[]).flatMap(({ object_name: name, checks }) =>
    checks
      .filter(({ grade, skipped }) => !skipped && grade < bestGrade)
      .flatMap(({ check, comments }) =>
        (comments ?? []).map(({ path, summary, description }) => ({
          what: `kube-score ${check.id}: ${summary}`,
          where: `${name} ${path} ${description}`,
        })),
      ),
  );
}

interface Checkov {
  results: { failed_checks: { check_id: string; check_name: string; resource: string; file_path: string }[] };
}

async function checkov(files: string[]): Promise<Finding[]> {
  const options = ["--framework", "kubernetes", "--quiet", "--compact", "--output", "json", "--skip-download"];
  const output = await outputOf("checkov", [...options, ...files.flatMap((file) => ["--file", file])]);
  return ([JSON.parse(output)].flat() as Checkov[]).flatMap(({ results }) =>
    results.failed_checks.map(({ check_id: id, check_name: name, resource, file_path: path }) => ({
      what: `checkov ${id}: ${name}`,
      where: `${basename(path)} ${resource}`,
    })),
  );
}

describe("the examples, to another judge", function () {
  const folder = mkdtempSync(join(tmpdir(), "stateful-apps-linters-"));
  const files: string[] = [];

  before(async () => {
    for (const [path, content] of Object.entries(await goldenFiles())) {
      const file = join(folder, basename(path));
      writeFileSync(file, content);
      files.push(file);
    }
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  for (const [linter, program, version, findingsIn] of [
    ["kube-score", "go", "version", kubeScore],
    ["checkov", "checkov", "--version", checkov],
  ] as const) {
    describe(linter, () => {
      let findings: Finding[];

      before(async function () {
        needsProgram(this, program, version);
        findings = await findingsIn(files);
      });

      it("have nothing to be mended, beside what the table of exceptions says", () => {
        const left = findings.filter(({ what }) => !Object.hasOwn(ignored, what));
        assert.deepEqual(left, []);
      });

      it("have every exception of the table", () => {
        const found = new Set(findings.map(({ what }) => what));
        const unused = Object.keys(ignored).filter((what) => what.startsWith(`${linter} `) && !found.has(what));
        assert.deepEqual(unused, []);
      });
    });
  }
});
