import * as pulumi from "@pulumi/pulumi";

/** The key of a setting as a stack file has it, which starts with the name of the project. */
export const settingKey = (path: string) => `${pulumi.getProject()}:${path}`;
