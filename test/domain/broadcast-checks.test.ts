import { describe, expect, it } from "vitest";
import { broadcastErrors } from "../../src/domain/push/broadcast-checks.ts";

const noControls = "can't contain control characters other than tabs and newlines";
const noColor = "must be a valid color code";

describe("a broadcast message that may be kept", () => {
  it.each([
    ["nothing that is given", {}],
    ["nothing that is undefined", { message: undefined, target_path: undefined, font: undefined, color: undefined }],
    ["a text of several lines", { message: " Maintenance\tat noon\r\nbe prepared 💥 " }],
    ["a text of 10,000 characters", { message: "x".repeat(10_000) }],
    ["a blank target path", { target_path: "" }],
    ["a target path with stars", { target_path: "/engines/*é" }],
    ["a target path of 255 characters", { target_path: "x".repeat(255) }],
    ["blank colours", { font: "", color: "" }],
    ["colours of three and six digits", { font: "#09f", color: "#E75E40" }],
  ])("has %s", (_, texts) => {
    expect(broadcastErrors(texts)).toEqual({});
  });
});

describe("a broadcast message that may not be kept", () => {
  it.each([
    ["no text", { message: "" }, { message: ["can't be blank"] }],
    ["a blank text", { message: " \n\t" }, { message: ["can't be blank"] }],
    ["a long text", { message: "x".repeat(10_001) }, { message: ["is too long (maximum is 10000 characters)"] }],
    ["a text that moves the cursor", { message: "a\u001b[2J" }, { message: [noControls] }],
    ["a text with a null character", { message: "a\u0000" }, { message: [noControls] }],
    ["a text with a C1 control", { message: "a\u009b2J" }, { message: [noControls] }],
    ["a long target path", { target_path: "x".repeat(256) }, { target_path: ["is too long (maximum is 255 characters)"] }],
    ["a target path of two lines", { target_path: "/a\n/b" }, { target_path: ["is invalid"] }],
    ["a target path of a control character", { target_path: "\u0000" }, { target_path: ["is invalid"] }],
    [
      "several faults",
      { message: "", target_path: "\t", font: "red", color: "#" },
      {
        message: ["can't be blank"],
        target_path: ["is invalid"],
        font: [noColor],
        color: [noColor],
      },
    ],
  ])("has %s", (_, texts, errors) => {
    expect(broadcastErrors(texts)).toEqual(errors);
  });

  it.each([
    "red",
    " ",
    "#",
    "fff",
    "#f",
    "#ff",
    "#ffff",
    "#fffff",
    "#fffffff",
    "#ffffffff",
    "#ggg",
    "#ggffff",
    " #fff",
    "#fff ",
    "#fff;x",
    "x#fff",
    "#fff\n",
    "rgb(0,0,0)",
  ])("has %j for a colour", (color) => {
    expect(broadcastErrors({ font: color })).toEqual({ font: [noColor] });
    expect(broadcastErrors({ color })).toEqual({ color: [noColor] });
  });
});
