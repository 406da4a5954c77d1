/*
 * The policy pack of `pulumi preview --policy-pack policy` (docs/policies.md).
 */
import { PolicyPack } from "@pulumi/policy";
import { policies } from "./policies";

new PolicyPack("stateful-apps", { policies, enforcementLevel: "mandatory" });
