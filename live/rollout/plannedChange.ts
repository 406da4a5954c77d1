import * as pulumi from "@pulumi/pulumi";

/** Whether the engine creates or updates a resource. It says so in a preview too. */
export class PlannedChange {
  isPlanned = false;
  /** Whether the pods stay when the resource is replaced. */
  keepsPods = false;
  /** For the options of the resource. */
  readonly hooks: pulumi.ResourceHookBinding;

  /** `name` must be unique in the program. */
  constructor(name: string) {
    const note = () => {
      this.isPlanned = true;
    };
    const hook = new pulumi.ResourceHook(name, note, { onDryRun: true });
    this.hooks = { beforeCreate: [hook], beforeUpdate: [hook] };
  }
}
