// Calls to the product's own API: with the cookie, the CSRF header, and errors as sentences.

import { knows, t } from "./words.js";

const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/** What went wrong, with words for a person and the problem document's `code`. */
export class Problem extends Error {
  constructor(status, body = {}) {
    const code = body.code ?? (status ? "internal" : "offline");
    super(knows(`problem.${code}`) ? t(`problem.${code}`, { detail: body.detail ?? "" }) : body.detail || t("problem.internal"));
    this.status = status;
    this.code = code;
    this.requestId = body.request_id;
  }
}

/** Headers of a call that changes something. */
export const signed = () => ({ "X-CSRF-Token": csrf() });

/** Call the API; resolves to the answer's JSON (null for 204), rejects with a Problem. */
export async function call(method, path, body, options = {}) {
  const headers = { Accept: "application/json", ...(method === "GET" ? {} : signed()) };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body), ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0);
  }
  if (response.status === 204) return null;
  const isJson = /json/.test(response.headers.get("Content-Type") ?? "");
  const answer = isJson ? await response.json().catch(() => ({})) : {};
  if (response.ok) return answer;
  if (response.status === 401 && !options.quiet) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  throw new Problem(response.status, answer);
}
