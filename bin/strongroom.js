#!/usr/bin/env node
// Starts the command line; everything else is in src/cli.
import '../dist/src/cli/main.js';
