import { GetStatusCode } from './GetStatusCode.ts';
import { ListStatusCodes } from './ListStatusCodes.ts';

export const statusCodes = { GetStatusCode, ListStatusCodes };
