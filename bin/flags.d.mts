export function serverFlags(options?: string): string[];
