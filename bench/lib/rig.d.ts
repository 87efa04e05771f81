declare module '*/rig/platform.mjs' {
  export interface StartedPlatform {
    readonly url: string;
    readonly home: string;
    readonly pid: number;
    readonly credentials: string;
    log(): string;
    /** What did not end as promised, in words. */
    stop(): Promise<string[]>;
    forget(): void;
  }
  export function startPlatform(settings?: Record<string, string>): Promise<StartedPlatform>;
  export function tail(text: string, lines?: number): string;
}
