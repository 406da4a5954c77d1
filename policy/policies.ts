import type { Policies } from "@pulumi/policy";
import { claimWithoutClass } from "./rules/claimWithoutClass";
import { deletedClaim } from "./rules/deletedClaim";
import { missingDisruptionBudget } from "./rules/missingDisruptionBudget";
import { missingProbe } from "./rules/missingProbe";
import { mutableImageTag } from "./rules/mutableImageTag";
import { privilegedContainer } from "./rules/privilegedContainer";

export const policies: Policies = [
  privilegedContainer,
  mutableImageTag,
  missingProbe,
  claimWithoutClass,
  deletedClaim,
  missingDisruptionBudget,
];
