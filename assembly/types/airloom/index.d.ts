/// <reference path="./number.d.ts" />
/// <reference types="assemblyscript/std/assembly/index.d.ts" />
