import * as pulumi from "@pulumi/pulumi";
import { type Identity, identityLabel } from "../../objects/identity";
import { selectorLabels } from "../../objects/labels";
import { userError } from "../../schema/userError";
import type { Cluster } from "../cluster";
import { lastMessage } from "../pods/podTrouble";
import { poll } from "../poll";
import { requestError } from "../requests";
import { SharedReads } from "../sharedReads";
import { isBound, isSmaller, type SizedClaim, sizedClaims, waitsForPod } from "./claimSizes";

/** The volumes of an app that has a claim for each of its replicas. */
export interface AppVolumes {
  app: string;
  namespace: string;
  /** By the name of the volume. */
  sizes: Record<string, string>;
}

/**
 * Seconds for which no volume has become larger, after which growth fails. Without the right to touch pods, the kubelet
 * notices within about a minute and a half that a file system must grow.
 */
const patience = 180;

/** Makes claims larger, and waits until their volumes are. Pods that use them keep running. */
export class Growth {
  private readonly reads: SharedReads;
  /** Pods of which the kubelet has been told. */
  private readonly touched = new Set<string>();

  constructor(
    private readonly volumes: AppVolumes,
    private readonly identity: Identity,
    private readonly cluster: Cluster,
    /** The resource with which messages are shown. */
    private readonly resource: pulumi.Resource,
  ) {
    this.reads = SharedReads.of(cluster, volumes.namespace);
  }

  /** A preview says what would grow. */
  async run(): Promise<void> {
    const claims = await this.claims();
    const small = claims.filter(({ requested, wanted }) => isSmaller(requested, wanted));
    const growing = small.filter(isBound);
    await this.say(growing, ({ name, requested, wanted }) => `grows ${name} from ${requested} to ${wanted}`);
    await this.say(
      small.filter((claim) => !isBound(claim)),
      ({ name, requested }) => `${name} keeps ${requested} until it has a volume, which the next \`pulumi up\` grows`,
    );
    if (pulumi.runtime.isDryRun()) return;
    for (const { claim, name, wanted } of growing) {
      try {
        await this.cluster.growClaim(claim, wanted);
      } catch (error) {
        throw userError(`The claim ${name} cannot grow to ${wanted}: ${requestError(error)}`);
      }
    }
    if (claims.some(isLate) || growing.length > 0) await this.untilGrown();
  }

  private async claims(): Promise<SizedClaim[]> {
    const { app, sizes } = this.volumes;
    return sizedClaims(app, sizes, await this.reads.claims()).filter(({ claim }) =>
      isOfApp(app, claim.metadata?.labels, this.identity),
    );
  }

  private async untilGrown(): Promise<void> {
    let fewest = Infinity;
    let since = Date.now();
    const isOver = () => Date.now() - since > patience * 1000;
    const left = await poll(
      `the volumes of ${this.volumes.app} have grown`,
      async () => {
        const late = (await this.claims()).filter(isLate);
        const unused = late.length > 0 ? await this.unused(late) : [];
        if (late.length < fewest) since = Date.now();
        fewest = Math.min(fewest, late.length);
        if (unused.length === late.length) return unused;
        if (isOver()) throw await this.failure(late.filter((claim) => !unused.includes(claim)));
        return undefined;
      },
      isOver,
    );
    await this.say(left, ({ name, wanted }) => `${name} has ${wanted} as soon as a pod uses it`);
  }

  /** The claims that no running pod uses, whose file systems grow later. The others grow as soon as the kubelet looks. */
  private async unused(late: SizedClaim[]): Promise<SizedClaim[]> {
    const pods = await this.reads.pods(selectorLabels(this.volumes.app));
    const running = new Set(
      pods.filter(({ status }) => status?.phase === "Running").map(({ metadata }) => metadata?.name),
    );
    for (const { pod, wanted } of late.filter((claim) => waitsForPod(claim) && running.has(claim.pod))) {
      if (this.touched.has(pod)) continue;
      this.touched.add(pod);
      await this.cluster.touchPod(this.volumes.namespace, pod, { "stateful-apps/volume-size": wanted });
    }
    return late.filter((claim) => waitsForPod(claim) && !running.has(claim.pod));
  }

  private async failure(late: SizedClaim[]): Promise<Error> {
    const events = await this.reads.events().catch(() => []);
    const lines = late.map(({ claim, name, capacity, wanted }) => {
      const reason = lastMessage(events, claim.metadata?.uid) ?? "there is no event about it";
      return `  ${name} has ${capacity ?? "no volume"} instead of ${wanted}: ${reason}`;
    });
    return userError(
      [`The volumes of ${this.volumes.app} do not grow: no progress for ${String(patience)} s.`, ...lines].join("\n"),
    );
  }

  private async say(claims: SizedClaim[], words: (claim: SizedClaim) => string): Promise<void> {
    for (const claim of claims) await pulumi.log.info(words(claim), this.resource);
  }
}

/** Whether a volume has not the size that its claim must have. */
const isLate = (claim: SizedClaim) => isBound(claim) && isSmaller(claim.capacity ?? "0", claim.wanted);

/** Whether a claim is that of a replica of the stack's app, and not one that only has such a name. */
export function isOfApp(app: string, labels: Record<string, string> = {}, identity: Identity): boolean {
  if (labels[identityLabel] !== undefined) return identity.ownsRemainder(labels);
  return Object.entries(selectorLabels(app)).every(([label, value]) => labels[label] === value);
}
