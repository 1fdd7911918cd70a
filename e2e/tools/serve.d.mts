// Types of serve.mjs, which stays plain JavaScript because it runs before anything is installed.

export interface Server {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}
export function serve(options?: { folder?: string; ports?: readonly number[] }): Promise<Server>;
