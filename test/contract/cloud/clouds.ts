import { AWS_UNDER_TEST } from './aws.ts';
import { ECHO_UNDER_TEST } from './echo.ts';
import type { CloudUnderTest } from './rig.ts';

/** Every cloud there is, and one that lives in tests only. A later one is a line here. */
export const CLOUDS_UNDER_TEST: readonly CloudUnderTest[] = [AWS_UNDER_TEST, ECHO_UNDER_TEST];
