// What a call may bring: strangers a little, known callers as much as the limits say, all of it on somebody's account.
import type { Message } from '@bufbuild/protobuf';
import { create, type Method } from '@limpid/wire';
import type { OpenCall } from '../rpc/dispatch-types.ts';
import { type ByteBudget, createByteBudget, type Lease } from './limits.ts';

export interface Limits {
  /** Largest gRPC message. */
  readonly messageBytes: number;
  /** Largest REST body, before and after unpacking. */
  readonly bodyBytes: number;
  /** Largest message or body of a caller who isn't authenticated. */
  readonly strangerBytes: number;
  /** What all requests together, those of one caller, and those of all strangers may hold in memory. */
  readonly processInFlight: number;
  readonly callerInFlight: number;
  readonly strangersInFlight: number;
  /** How long a request waits for room before it is told to come later. */
  readonly waitMs: number;
}

const MB = 1024 * 1024;

export const defaultLimits: Limits = {
  messageBytes: 160 * MB,
  bodyBytes: 256 * MB,
  strangerBytes: 4 * MB,
  processInFlight: 1024 * MB,
  callerInFlight: 640 * MB,
  strangersInFlight: 64 * MB,
  waitMs: 20_000,
};

/** JSON is held as text and as values while it is read. */
export const JSON_WEIGHT = 2;

export interface Budgets {
  readonly limits: Limits;
  readonly callers: ByteBudget;
  readonly strangers: ByteBudget;
}

/** A limit raised by configuration raises the budgets with it: what one request may bring must fit. */
export function createBudgets(over: Partial<Limits> = {}): Budgets {
  const given = { ...defaultLimits, ...over };
  const largest = Math.max(given.messageBytes, given.bodyBytes * JSON_WEIGHT);
  const limits = {
    ...given,
    callerInFlight: Math.max(given.callerInFlight, largest),
    processInFlight: Math.max(given.processInFlight, largest),
  };
  const shared = { waitMs: limits.waitMs, maxWaiting: 1024 };
  return {
    limits,
    callers: createByteBudget({
      ...shared,
      processBytes: limits.processInFlight,
      keyBytes: limits.callerInFlight,
    }),
    strangers: createByteBudget({
      ...shared,
      processBytes: limits.strangersInFlight,
      keyBytes: limits.strangerBytes * JSON_WEIGHT,
    }),
  };
}

export interface Allowance {
  readonly maxBytes: number;
  reserve(bytes: number): Lease | Promise<Lease>;
}

export function allowanceOf(
  budgets: Budgets,
  open: OpenCall,
  kind: 'messageBytes' | 'bodyBytes',
  signal: AbortSignal,
): Allowance {
  const budget = open.authenticated ? budgets.callers : budgets.strangers;
  const { limits } = budgets;
  return {
    maxBytes: open.authenticated ? limits[kind] : Math.min(limits[kind], limits.strangerBytes),
    reserve: (bytes) => budget.reserve(open.budgetKey, bytes, signal),
  };
}

/**
 * The request to dispatch when its bytes can't be had. A stranger is told that it is one, not what was wrong with a
 * body it may not send; for everybody else there is none and the error is the answer.
 */
export function withoutBody(open: OpenCall, method: Method): Message | undefined {
  if (open.authenticated || method.auth === 'none') return undefined;
  return create(method.desc.input);
}
