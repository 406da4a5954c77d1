import * as pulumi from "@pulumi/pulumi";

/** An error that the user can mend: the engine prints the message and nothing else. */
export function userError(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  // The SDK formats the stack that it then does not show, through the source maps of every module: ten seconds.
  error.stack = undefined;
  return error;
}
