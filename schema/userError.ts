import * as pulumi from "@pulumi/pulumi";
import type { Mistake } from "./mistakes";

/** An error that the user can correct: Pulumi prints the message and nothing else. */
export function userError(message: string): pulumi.RunError {
  return withoutStack(new pulumi.RunError(message));
}

/** The mistakes in the arguments of a component, for a program as for a package in another language. */
export function argsError(component: string, mistakes: Mistake[]): pulumi.InputPropertiesError {
  const errors = mistakes.map(({ path, value, problem }) => ({
    propertyPath: path.join("."),
    reason: value === undefined ? problem : `is ${JSON.stringify(value)}; it ${problem}`,
  }));
  const lines = errors.map(({ propertyPath, reason }) => `  ${[propertyPath, reason].filter(Boolean).join(" ")}`);
  const message = `The arguments of the ${component} are not valid.\n${lines.join("\n")}`;
  const error = withoutStack(new pulumi.InputPropertiesError({ message, errors }));
  // What distinguishes a RunError, of which Pulumi prints the message alone. A package's host asks for the details first.
  return Object.assign(error, { __pulumiRunError: true });
}

/** Formatting a stack through the source maps of every module takes the SDK ten seconds, and nobody sees it. */
function withoutStack<E extends Error>(error: E): E {
  error.stack = undefined;
  return error;
}
