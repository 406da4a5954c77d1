import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../live/cluster";
import { completeChange, type MemberChange, memberChange, membersBefore } from "../live/jobs/memberChange";
import type { ScaleTrigger } from "../schema/jobs";

/** The members of an app with jobs for a change of the number of its replicas. */
export class Members {
  /** It is known when it has been recorded. */
  private readonly change: pulumi.Output<MemberChange>;
  private readonly app;

  constructor(
    name: string,
    replicas: number,
    private readonly recordedIn: k8s.core.v1.Service,
    private readonly cluster: Cluster,
  ) {
    const { metadata } = recordedIn;
    this.app = pulumi
      .all([metadata.namespace, metadata.name])
      .apply(([namespace, service]) => ({ name, namespace, service, replicas }));
    this.change = this.app.apply((app) => memberChange(app, cluster));
  }

  /** For what must come after the record that a change begins. */
  get recorded(): pulumi.Output<pulumi.Resource> {
    return this.change.apply(() => this.recordedIn);
  }

  /** The number of replicas before the change, as the value of a variable. */
  readonly previousReplicas = (trigger: ScaleTrigger) =>
    this.change.apply((change) => String(membersBefore(change, trigger)));

  /** What a job runs for, and what a preview says of it. */
  reasonFor(job: string, trigger: ScaleTrigger) {
    const reason = this.change.apply((change) => {
      const { replicas } = change;
      const before = membersBefore(change, trigger);
      return {
        occasion: before === undefined ? undefined : [change.change, before, replicas],
        announcement: `runs the job ${job} for ${String(replicas)} instead of ${String(before)} replicas`,
      };
    });
    return { occasion: reason.occasion, announcement: reason.announcement };
  }

  /** Records that all jobs of the change have succeeded, when `done` is known. The result is there after that. */
  completeAfter(done: pulumi.Output<unknown>): pulumi.Output<void> {
    return pulumi.all([this.app, this.change, done]).apply(async ([app, change]) => {
      if (!pulumi.runtime.isDryRun()) await completeChange(app, change, this.cluster);
    });
  }
}
