/*
 * `npm run adopt -- APP …`: lets apps of a stack take over the StatefulSets of their names that Helm or kubectl made, with
 * their volumes, while their pods keep running.
 *
 *   --stack NAME  the stack (default: the selected one)
 *   --yes         do not ask
 *
 * It says first what would happen. If the command is killed, run it again.
 */
import { parseArgs } from "node:util";
import type { V1Service } from "@kubernetes/client-node";
import { KubeCluster } from "../live/kubeCluster";
import { isRefusal, requestError } from "../live/requests";
import { userError } from "../schema/userError";
import { adoptionOf, announcement, clearTheWay, obstacles, takenObjects } from "./lib/adoption";
import { capture, isConfirmed, reportErrors, say, show } from "./lib/commands";
import { forgetRelease, type HelmRelease, releaseAnnouncement, releaseOf } from "./lib/helmRelease";
import { shortName } from "./lib/stackIdentity";
import { stackSettings } from "./lib/stackSettings";

void reportErrors(async () => {
  const { values, positionals: apps } = parseArgs({
    allowPositionals: true,
    options: { stack: { type: "string" }, yes: { type: "boolean", default: false } },
  });
  if (apps.length === 0) throw userError("Name the apps to take over: npm run adopt -- APP …");
  if (!values.yes && !process.stdin.isTTY) {
    throw userError("Nobody can be asked here; nothing was changed. Add --yes.");
  }
  const stack = values.stack ?? (await capture("pulumi", ["stack", "--show-name"])).trim();
  const config = stackSettings(shortName(stack));
  const cluster = new KubeCluster(config.cluster);
  const { namespace } = config;
  /** Names the request that the API server refuses, in words for the user. */
  const allowed = async <T>(requests: () => Promise<T>) =>
    requests().catch((error: unknown) => {
      throw isRefusal(error)
        ? userError(`Nothing was changed, because this is refused: ${requestError(error)}`)
        : error;
    });
  /** A list does not say what its items are. */
  const policiesOf = async (apiVersion: string, kind: string) =>
    (await cluster.any.list(apiVersion, kind, namespace)).items.map((item) => ({ ...item, apiVersion, kind }));
  const live = await allowed(async () => ({
    statefulSets: await cluster.statefulSets(namespace),
    pods: await cluster.pods(namespace, {}),
    claims: await cluster.claims(namespace),
    policies: [
      ...(await policiesOf("networking.k8s.io/v1", "NetworkPolicy")),
      ...(await policiesOf("policy/v1", "PodDisruptionBudget")),
    ],
    services: (await cluster.any.list<V1Service>("v1", "Service", namespace)).items,
  }));
  const adoptions = apps.map((app) => adoptionOf(app, config, live));
  const problems = adoptions.flatMap((adoption) => obstacles(adoption, config));
  if (problems.length > 0) {
    throw userError(
      `Apps cannot be taken over; nothing was changed.\n${problems.map((line) => `  ${line}`).join("\n")}`,
    );
  }
  const releases = new Map<string, HelmRelease>();
  for (const { statefulSet } of adoptions) {
    const release = statefulSet && (await allowed(() => releaseOf(statefulSet, cluster)));
    if (release) releases.set(`${release.namespace}/${release.name}`, release);
  }
  const makeRoom = async (options: { dryRun: boolean }) => {
    for (const release of releases.values()) await forgetRelease(release, cluster, options);
    for (const adoption of adoptions) await clearTheWay(adoption, cluster, options);
  };

  const env = { ...process.env, STATEFUL_APPS_ADOPT: apps.join(","), PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true" };
  const rehearsal = { ...env, STATEFUL_APPS_REHEARSE: "true" };
  await capture("pulumi", ["preview", "--stack", stack, "--non-interactive"], { env: rehearsal });
  await allowed(() => makeRoom({ dryRun: true }));

  console.log(`In the namespace ${namespace} (context ${cluster.context}), the stack ${stack}`);
  const taken = adoptions.flatMap((adoption) => takenObjects(adoption, config));
  const lines = [
    ...adoptions.flatMap((adoption) => announcement(adoption, config)),
    ...[...releases.values()].flatMap((release) => releaseAnnouncement(release, taken)),
    "runs `pulumi up`, which deploys all that is in the config",
  ];
  for (const line of lines) console.log(`  ${line}`);
  if (!values.yes && !(await isConfirmed("Go on?"))) return;

  await makeRoom({ dryRun: false });
  say("The pods wait for the StatefulSets of the stack");
  await show("pulumi", ["up", "--yes", "--skip-preview", "--stack", stack], { env, stdio: "inherit" });
  say(`Taken over: ${apps.join(", ")}`);
});
