/** Types of stage.mjs, for tests. */
export function shippedNode(root: string, platform: string, arch: string): string | null;
export function stage(root: string, folder: string, platform?: string, arch?: string): void;
