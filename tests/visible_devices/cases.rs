//! A line for each rule and each way to meet it: the node, the value, what a program sees, and who says so.

use gpushare::{GpuInstanceId, VisibleGpu, VisibleMigDevice};

use crate::nodes::Stage::{self, *};
use crate::nodes::seen;
use Source::*;

/// Where the expected answer comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Source {
    /// CUDA Programming Guide, "CUDA Environment Variables".
    Guide,
    /// MIG User Guide, "CUDA Device Enumeration".
    MigGuide,
    /// Driver 580.159.04 with one H200 that is not in MIG mode.
    Measured,
    /// The recorded A100 session, and what its author wrote beside it.
    Session,
    /// Others, such as the tests of PyTorch's own reader.
    Reported,
    /// Nobody: what this library takes for the most likely.
    Assumed,
}

const CASES: &[(Stage, &str, &str, Source)] = &[
    // Indices, and the end of the list at the first that is invalid.
    (Eight, "0,1", "0 1", Guide),
    (Eight, "2,1", "2 1", Guide),
    (Eight, "0,2,-1,1", "0 2 @2 Negative", Guide),
    (Eight, "7", "7", Guide),
    (Eight, "7,6,5,4,3,2,1,0", "7 6 5 4 3 2 1 0", Guide),
    (Eight, "8", "@0 NoSuchGpu gpus: 8 =100", Guide),
    (Eight, "1,8,2", "1 @1 NoSuchGpu gpus: 8", Guide),
    (Eight, "", "@0 Empty =100", Guide),
    (Nothing, "", "@0 Empty =100", Guide),
    (Nothing, "0", "@0 NoSuchGpu gpus: 0 =100", Guide),
    (One, "1", "@0 NoSuchGpu gpus: 1 =100", Measured),
    (One, "1,0", "@0 NoSuchGpu gpus: 1 =100", Measured),
    (One, "0,1", "0 @1 NoSuchGpu gpus: 1", Measured),
    (One, "0,1,0", "0 @1 NoSuchGpu gpus: 1", Measured),
    (One, "0,2,2", "0 @1 NoSuchGpu gpus: 1", Measured),
    (One, "1,1,0", "@0 NoSuchGpu gpus: 1 =100", Measured),
    (Eight, "1, 5, 9, 0", "1 5 @2 NoSuchGpu gpus: 8", Reported),
    // Negative indices.
    (One, "-1", "@0 Negative =100", Measured),
    (One, "-1,0", "@0 Negative =100", Measured),
    (One, "0,-1", "0 @1 Negative", Measured),
    (One, "0,-2", "0 @1 Negative", Measured),
    (One, "-2", "@0 Negative =100", Measured),
    (One, "0,-1,0", "0 @1 Negative", Measured),
    (One, "0, -1, 0", "0 @1 Negative", Measured),
    (One, "-1,0,0", "@0 Negative =100", Measured),
    (Eight, "0, 1, 2, -1, 3", "0 1 2 @3 Negative", Reported),
    // How numbers are read.
    (One, "00", "0", Measured),
    (One, "000", "0", Measured),
    (One, "+0", "0", Measured),
    (One, "-0", "0", Measured),
    (One, " 0", "0", Measured),
    (One, "0 ", "0", Measured),
    (One, "\t0", "0", Measured),
    (One, "\n0", "0", Measured),
    (One, "\x0b0", "0", Measured),
    (One, "\x0c0", "0", Measured),
    (One, "\r0", "0", Measured),
    (One, "0\n", "0", Measured),
    (One, "0x0", "0", Measured),
    (One, "0b0", "0", Measured),
    (One, "0abc", "0", Measured),
    (One, "0-", "0", Measured),
    (One, "0-0", "0", Measured),
    (One, "0.5", "0", Measured),
    (One, "0e9", "0", Measured),
    (One, "0;1", "0", Measured),
    (One, "0|1", "0", Measured),
    (One, "0 1", "0", Measured),
    (One, "0 0", "0", Measured),
    (One, "0+1", "0", Measured),
    (One, "0_", "0", Measured),
    (One, "0\"", "0", Measured),
    (One, "0:", "0", Measured),
    (One, "0:0", "0", Measured),
    (One, "0:abc", "0", Measured),
    (One, "0/0", "0", Measured),
    (One, "0=0", "0", Measured),
    (One, "0\u{1}", "0", Measured),
    (One, "0\u{fffd}", "0", Measured),
    (One, "00000000:00:00.0", "0", Measured),
    (One, "1abc", "@0 NoSuchGpu gpus: 1 =100", Measured),
    (One, "08", "@0 NoSuchGpu gpus: 1 =100", Measured),
    (One, "0,1e0", "0 @1 NoSuchGpu gpus: 1", Measured),
    (Eight, "1gpu2,2ampere", "1 2", Reported),
    (Eight, "2, +3, -0, 5", "2 3 0 5", Reported),
    (One, "4294967296", "0", Measured),
    (One, "-4294967296", "0", Measured),
    (One, "8589934592", "0", Measured),
    (One, "4294967296x", "0", Measured),
    (One, "4294967295", "@0 Negative =100", Measured),
    (One, "4294967297", "@0 NoSuchGpu gpus: 1 =100", Measured),
    (One, "-4294967295", "@0 NoSuchGpu gpus: 1 =100", Measured),
    (One, "2147483648", "@0 Negative =100", Measured),
    (One, "-2147483648", "@0 Negative =100", Measured),
    (One, "9223372036854775807", "@0 Negative =100", Measured),
    (One, "9223372036854775808", "0", Measured),
    (One, "-9223372036854775808", "0", Measured),
    (One, "-9223372036854775809", "@0 Negative =100", Measured),
    (One, "18446744073709551615", "@0 Negative =100", Measured),
    (One, "18446744073709551616", "@0 Negative =100", Measured),
    (One, "-18446744073709551616", "@0 Negative =100", Measured),
    (One, "99999999999999999999999", "@0 Negative =100", Measured),
    // What is no entry at all.
    (One, "abc", "@0 Malformed =100", Measured),
    (One, "abc,0", "@0 Malformed =100", Measured),
    (One, "0,abc", "0 @1 Malformed", Measured),
    (One, "0,abc,0", "0 @1 Malformed", Measured),
    (One, "all", "@0 Malformed =100", Measured),
    (One, "none", "@0 Malformed =100", Measured),
    (One, "NoDevFiles", "@0 Malformed =100", Measured),
    (One, "\"0\"", "@0 Malformed =100", Measured),
    (One, "'0'", "@0 Malformed =100", Measured),
    (One, "[0]", "@0 Malformed =100", Measured),
    (One, "+", "@0 Malformed =100", Measured),
    (One, "-", "@0 Malformed =100", Measured),
    (One, "- 0", "@0 Malformed =100", Measured),
    (One, "+ 0", "@0 Malformed =100", Measured),
    (One, "+-0", "@0 Malformed =100", Measured),
    (One, "--0", "@0 Malformed =100", Measured),
    (One, "++0", "@0 Malformed =100", Measured),
    (One, "\u{660}", "@0 Malformed =100", Measured),
    (One, "\u{a0}0", "@0 Malformed =100", Measured),
    (One, "\u{fffd}0", "@0 Malformed =100", Measured),
    (One, "\u{1}0", "@0 Malformed =100", Measured),
    (One, "0,\u{fffd}", "0 @1 Malformed", Measured),
    (Eight, "one,two,3,4", "@0 Malformed =100", Reported),
    (Eight, "4,3,two,one", "4 3 @2 Malformed", Reported),
    // Entries without anything.
    (One, "0,", "0 @1 Empty", Measured),
    (One, "0,,", "0 @1 Empty", Measured),
    (One, "0,,0", "0 @1 Empty", Measured),
    (One, ",0", "@0 Empty =100", Measured),
    (One, ",", "@0 Empty =100", Measured),
    (One, " ", "@0 Empty =100", Measured),
    (One, "\t", "@0 Empty =100", Measured),
    (One, " ,0", "@0 Empty =100", Measured),
    (One, "0, ,0", "0 @1 Empty", Measured),
    (One, "0,\t,0", "0 @1 Empty", Measured),
    // A device that is named again.
    (One, "0,0", "@1 Duplicate of: 0 =101", Measured),
    (One, "0,00", "@1 Duplicate of: 0 =101", Measured),
    (One, "0,+0", "@1 Duplicate of: 0 =101", Measured),
    (One, "0, 0", "@1 Duplicate of: 0 =101", Measured),
    (One, "+0,-0", "@1 Duplicate of: 0 =101", Measured),
    (One, "0\t,\t0", "@1 Duplicate of: 0 =101", Measured),
    (One, "0,0x1", "@1 Duplicate of: 0 =101", Measured),
    (One, "0;0,0", "@1 Duplicate of: 0 =101", Measured),
    (One, "4294967296,0", "@1 Duplicate of: 0 =101", Measured),
    (One, "0,0,-1", "@1 Duplicate of: 0 =101", Measured),
    (One, "0,0,abc", "@1 Duplicate of: 0 =101", Measured),
    (Eight, "0, 1, 2, 1", "@3 Duplicate of: 1 =101", Reported),
    // UUIDs and their beginnings.
    (Eight, "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9", "0", Guide),
    (Eight, "GPU-934e3c41", "1", Guide),
    (Eight, "GPU-e3,GPU-b,GPU-36441532-9ef4-0f3a-afb1-f844c3ab04bf", "7 3 2", Guide),
    (
        Eight,
        "GPU-9",
        "@0 Ambiguous candidates: [GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9, GPU-934e3c41-2e9a-efbf-5e75-a17cc8913c9e, GPU-9e9e32ec-1efc-2b7f-a94c-c985be7dcb8a] =100",
        Reported,
    ),
    (
        Eight,
        "GPU-b,GPU-9e,GPU-c",
        "3 @1 Ambiguous candidates: [GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9, GPU-9e9e32ec-1efc-2b7f-a94c-c985be7dcb8a]",
        Reported,
    ),
    (Eight, "GPU-b,GPU-123,GPU-c", "3 @1 NoSuchUuid", Reported),
    (Eight, "GPU-123,GPU-b", "@0 NoSuchUuid =100", Reported),
    (Eight, "GPU-b,GPU-c,GPU-ba4", "@2 Duplicate of: 0 =101", Reported),
    (One, "GPU-9", "0", Measured),
    (One, "GPU-9e4", "0", Measured),
    (One, "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a", "0", Measured),
    (One, "GPU-9E4AEB94-01C0-5173-4811-4CA60F77B3A9", "0", Measured),
    (One, "GPU-9E4AEB94", "0", Measured),
    (One, "GPU-9e4aeb9401c0517348114ca60f77b3a9", "0", Measured),
    (One, "GPU-9e4aeb9401c0", "0", Measured),
    (One, "GPU-9e4aeb94-", "0", Measured),
    (One, "GPU-9-e4aeb94", "0", Measured),
    (One, "GPU--9e4a", "0", Measured),
    (One, "GPU-9-e-4-a-e-b-9-4", "0", Measured),
    (One, "GPU-9e4aeb94--01c0", "0", Measured),
    (One, "GPU--", "0", Measured),
    (One, "GPU--------", "0", Measured),
    (One, "GPU--x", "@0 Malformed =100", Measured),
    (One, "GPU-0", "@0 NoSuchUuid =100", Measured),
    (One, "GPU-", "@0 Malformed =100", Measured),
    (One, "GPU", "@0 Malformed =100", Measured),
    (One, "G", "@0 Malformed =100", Measured),
    (One, "GPU-x", "@0 Malformed =100", Measured),
    (One, "GPU-*", "@0 Malformed =100", Measured),
    (One, "GPU_9e4aeb94", "@0 Malformed =100", Measured),
    (One, "GPU:9e4aeb94", "@0 Malformed =100", Measured),
    (One, "gpu-9e4aeb94-01c0-5173-4811-4ca60f77b3a9", "@0 Malformed =100", Measured),
    (One, "Gpu-9e4aeb94-01c0-5173-4811-4ca60f77b3a9", "@0 Malformed =100", Measured),
    (One, " GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9", "@0 Malformed =100", Measured),
    (One, "GPU- 9e4aeb94-01c0-5173-4811-4ca60f77b3a9", "@0 Malformed =100", Measured),
    (One, "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9x", "0", Measured),
    (One, "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9 ", "0", Measured),
    (One, "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9\n", "0", Measured),
    (One, "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a90", "0", Measured),
    (One, "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/0/0", "0", Measured),
    (One, "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9:0", "0", Measured),
    (One, "GPU-9e4aeb94 ", "@0 Malformed =100", Measured),
    (One, "GPU-9e4aeb94x", "@0 Malformed =100", Measured),
    (One, "GPU-9e4a/0/0", "@0 Malformed =100", Measured),
    (One, "GPU-9e4aeb9401c0517348114ca60f77b3ax", "@0 Malformed =100", Measured),
    // One after the other, and beside indices.
    (One, "GPU-9e4aeb94,GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9", "@1 Duplicate of: 0 =101", Measured),
    (One, "GPU-9e4a,GPU-9e", "@1 Duplicate of: 0 =101", Measured),
    (One, "GPU-9e4a,GPU--", "@1 Duplicate of: 0 =101", Measured),
    (One, "GPU-9e4a,GPU-0", "0 @1 NoSuchUuid", Measured),
    (One, "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9 ,GPU-9e4aeb94", "@1 Duplicate of: 0 =101", Measured),
    (One, "GPU-9e4aeb94, GPU-9e4aeb94", "0 @1 Malformed", Measured),
    (One, "GPU-9e4aeb94,\tGPU-9e4aeb94", "0 @1 Malformed", Measured),
    (One, "GPU-9e4aeb94,gpu-9e4aeb94", "0 @1 Malformed", Measured),
    (One, "GPU-9e4aeb94,G", "0 @1 Malformed", Measured),
    (One, "GPU-9e4aeb94,,GPU-9e4aeb94", "0 @1 Empty", Measured),
    (One, "GPU-9e4aeb94,GPU-,GPU-9e4aeb94", "0 @1 Malformed", Measured),
    (One, "GPU-9e4aeb94,0", "0 @1 OtherKind", Measured),
    (One, "GPU-9e4aeb94,1", "0 @1 OtherKind", Measured),
    (One, "GPU-9e4aeb94,-1", "0 @1 OtherKind", Measured),
    (One, "GPU-9e4aeb94,0,GPU-9e4aeb94", "0 @1 OtherKind", Measured),
    (One, "0,GPU-9e4aeb94", "0 @1 OtherKind", Measured),
    (One, "0,GPU-9e4aeb94,0", "0 @1 OtherKind", Measured),
    (Eight, "GPU-b, 2", "3 @1 OtherKind", Reported),
    (One, "1,GPU-9e4aeb94", "@0 NoSuchGpu gpus: 1 =100", Measured),
    (One, "abc,GPU-9e4aeb94", "@0 Malformed =100", Measured),
    // `MIG-` where no GPU is in MIG mode.
    (One, "MIG-9e4aeb94-01c0-5173-4811-4ca60f77b3a9", "0", Measured),
    (One, "MIG-9e4aeb94", "0", Measured),
    (One, "MIG-9", "0", Measured),
    (One, "MIG--", "0", Measured),
    (One, "MIG-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/0/0", "0", Measured),
    (One, "MIG-9e4aeb94x", "@0 Malformed =100", Measured),
    (One, "MIG-", "@0 Malformed =100", Measured),
    (One, "MIG", "@0 Malformed =100", Measured),
    (One, "MIG-0", "@0 NoSuchUuid =100", Measured),
    (One, "MIG-0/0", "@0 Malformed =100", Measured),
    (One, "MIG-00000000-0000-0000-0000-000000000000,0", "@0 NoSuchUuid =100", Measured),
    (One, "mig-9e4aeb94-01c0-5173-4811-4ca60f77b3a9", "@0 Malformed =100", Measured),
    (One, " MIG-9e4aeb94-01c0-5173-4811-4ca60f77b3a9", "@0 Malformed =100", Measured),
    (One, "MIG-9e4aeb94,GPU-9e4aeb94", "@1 Duplicate of: 0 =101", Measured),
    (One, "GPU-9e4aeb94,MIG-9e4aeb94", "@1 Duplicate of: 0 =101", Measured),
    (One, "MIG-9e4aeb94,0", "0 @1 OtherKind", Measured),
    (One, "0,MIG-9e4aeb94", "0 @1 OtherKind", Measured),
    (One, "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/0/0", "@0 NoSuchMigDevice =100", Measured),
    (One, "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9", "@0 Malformed =100", Measured),
    (One, "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/0", "@0 Malformed =100", Measured),
    (One, "MIG-GPU-", "@0 Malformed =100", Measured),
    (One, "0,MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/0/0", "0 @1 OtherKind", Measured),
    (One, "GPU-9e4a,MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/0/0", "0 @1 NoSuchMigDevice", Measured),
    (One, "0:0/0", "0", Measured),
    (One, "0:2/0", "0", Measured),
    (One, "0:9/0", "0", Measured),
    (One, "1:0/0", "@0 NoSuchGpu gpus: 1 =100", Measured),
    (One, "0:2/0,0:3/0", "@1 Duplicate of: 0 =101", Measured),
    (One, "0:0/0,0", "@1 Duplicate of: 0 =101", Measured),
    // The walkthrough.
    (Walkthrough, "MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd", "0/2/0", Session),
    (Walkthrough, "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/2/0", "0/2/0", Session),
    (Walkthrough, "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/3/0", "0/3/0", Session),
    (Walkthrough, "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/3/1", "0/3/1", Session),
    (Walkthrough, "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/9/0", "0/9/0", Session),
    (Walkthrough, "0:2/0", "0/2/0", Session),
    (Walkthrough, "0:3/0", "0/3/0", Session),
    (Walkthrough, "0:3/1", "0/3/1", Session),
    (Walkthrough, "0:9/0", "0/9/0", Session),
    (
        Walkthrough,
        "MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd,MIG-8970491e-16e0-5140-9f8f-d561baa3c186",
        "0/2/0 0/3/0",
        Session,
    ),
    (Walkthrough, "MIG-c42101f0-...,MIG-8970491e-...", "@0 Malformed =100", Measured),
    (Walkthrough, "0:2/0,0:3/0", "0/2/0 0/3/0", Session),
    (Eight, "0", "0", Session),
    (Eight, "1", "1", Session),
    // MIG devices with a driver from R570 on.
    (
        Walkthrough,
        "MIG-239565ce-30e3-52d7-8197-5630d3ce21fa,MIG-8970491e-16e0-5140-9f8f-d561baa3c186",
        "0/3/1 hidden 0/3/0 SameGpuInstance first: 0",
        MigGuide,
    ),
    (
        Walkthrough,
        "MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd,GPU-934e3c41-2e9a-efbf-5e75-a17cc8913c9e",
        "0/2/0 1",
        MigGuide,
    ),
    (Walkthrough, "GPU-934e3c41,MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd", "1 0/2/0", MigGuide),
    (
        Split,
        "MIG-1,MIG-2",
        "@0 Ambiguous candidates: [MIG-10000000-0000-5000-8000-000000000001, MIG-10000000-0000-5000-8000-000000000002, MIG-10000000-0000-5000-8000-000000000003] =100",
        Assumed,
    ),
    (
        Split,
        "MIG-10000000-0000-5000-8000-000000000003,MIG-20000000-0000-5000-8000-000000000003",
        "0/2/0 1/2/0",
        MigGuide,
    ),
    (
        Split,
        "MIG-10000000-0000-5000-8000-000000000001,MIG-20000000-0000-5000-8000-000000000002",
        "0/1/0 1/1/1",
        MigGuide,
    ),
    (Walkthrough, "MIG-c4,MIG-20", "0/2/0 0/9/0", Assumed),
    (
        Walkthrough,
        "MIG-2",
        "@0 Ambiguous candidates: [MIG-239565ce-30e3-52d7-8197-5630d3ce21fa, MIG-20301a31-77fa-59ec-b0b8-7ef543821f29] =100",
        Assumed,
    ),
    // MIG devices with an older driver.
    (Before570, "MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd", "0/2/0", MigGuide),
    (
        Before570,
        "MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd,MIG-8970491e-16e0-5140-9f8f-d561baa3c186",
        "0/2/0 hidden 0/3/0 SecondMigDevice first: 0",
        MigGuide,
    ),
    (
        Before570,
        "MIG-8970491e-16e0-5140-9f8f-d561baa3c186,MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd",
        "0/3/0 hidden 0/2/0 SecondMigDevice first: 0",
        MigGuide,
    ),
    (
        Before570,
        "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/3/0,MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/3/1",
        "0/3/0 hidden 0/3/1 SecondMigDevice first: 0",
        Guide,
    ),
    (
        Before570,
        "GPU-934e3c41,MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd",
        "0/2/0 hidden 1 BesideMigDevice mig: 1",
        MigGuide,
    ),
    (Before570, "0:3/1", "0/3/1", Session),
    (Before570, "0:2/0,0:3/0", "0/2/0 hidden 0/3/0 SecondMigDevice first: 0", MigGuide),
    (Before570, "1,2", "1 2", Guide),
    // A GPU in MIG mode by its own name.
    (Walkthrough, "0", "0/2/0", Reported),
    (Walkthrough, "0,1", "0/2/0 1", Reported),
    (Before570, "1,0", "0/2/0 hidden 1 BesideMigDevice mig: 1", MigGuide),
    (Walkthrough, "GPU-9e4aeb94", "0/2/0", Reported),
    (Walkthrough, "0,0:2/0", "@1 Duplicate of: 0 =101", Assumed),
    (Walkthrough, "0,0:3/1", "0/2/0 0/3/1", Assumed),
    (Walkthrough, "MIG-9e4aeb94", "@0 NoSuchUuid =100", Assumed),
    (
        Walkthrough,
        "MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd,MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/2/0",
        "@1 Duplicate of: 0 =101",
        Assumed,
    ),
    (Undivided, "0,1", "@0 NoMigDevices =100", Assumed),
    (Undivided, "1,0", "1 @1 NoMigDevices", Assumed),
    (Undivided, "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/0/0", "@0 NoSuchMigDevice =100", Guide),
    // Ids that are not there, and forms with too little or too much.
    (Walkthrough, "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/4/0", "@0 NoSuchMigDevice =100", Guide),
    (Walkthrough, "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/2/1", "@0 NoSuchMigDevice =100", Guide),
    (Walkthrough, "MIG-GPU-00000000-01c0-5173-4811-4ca60f77b3a9/2/0", "@0 NoSuchUuid =100", Guide),
    (Walkthrough, "MIG-GPU-9e4aeb94/2/0", "@0 Malformed =100", Assumed),
    (Walkthrough, "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/2/0/0", "@0 Malformed =100", Assumed),
    (Walkthrough, "MIG-GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9/+2/0", "@0 Malformed =100", Assumed),
    (Walkthrough, "0:4/0", "@0 NoSuchMigDevice =100", Assumed),
    (Walkthrough, "1:2/0", "1", Measured),
    (Walkthrough, "9:2/0", "@0 NoSuchGpu gpus: 8 =100", Assumed),
    (Walkthrough, " 0:3/0 ", "0/3/0", Assumed),
    (Walkthrough, "0:2", "0/2/0", Assumed),
    (Walkthrough, "0:3/0,MIG-c42101f0-a1fa-5b68-8908-7c5c887f28bd", "0/3/0 @1 OtherKind", Assumed),
    // Two models.
    (MixedByBus, "0", "1", Guide),
    (MixedByBus, "1,0", "0 1", Guide),
    (Mixed, "GPU-9e4a", "0", Guide),
    (Mixed, "GPU-93,GPU-9e", "1 0", Guide),
    (Mixed, "9", "@0 NoSuchGpu gpus: 2 =100", Guide),
    (Mixed, "-1", "@0 Negative =100", Guide),
];

#[test]
fn a_program_sees_what_the_sources_say() {
    assert!(CASES.len() >= 120, "{}", CASES.len());
    for (stage, value, expected, source) in CASES {
        let seen = seen(&stage.node().resolve(Some(value), &stage.rules()).unwrap());
        assert_eq!(seen, *expected, "{stage:?} {value:?} ({source:?})");
    }
}

#[test]
fn no_case_is_there_twice() {
    for (at, (stage, value, ..)) in CASES.iter().enumerate() {
        let twice = CASES[..at].iter().any(|(other, earlier, ..)| (other, earlier) == (stage, value));
        assert!(!twice, "{stage:?} {value:?}");
    }
}

#[test]
fn without_the_variable_everything_is_visible_that_a_process_can_have() {
    // CUDA Programming Guide and MIG User Guide.
    for (stage, expected) in [
        (Eight, "0 1 2 3 4 5 6 7 unset"),
        (Walkthrough, "0/2/0 0/3/0 0/9/0 1 2 3 4 5 6 7 unset"),
        (Before570, "0/2/0 unset"),
        (Split, "0/1/0 0/2/0 1/1/0 1/2/0 2 unset"),
        (Undivided, "1 unset"),
        (MixedByBus, "1 0 unset"),
        (Nothing, "unset =100"),
    ] {
        assert_eq!(seen(&stage.node().resolve(None, &stage.rules()).unwrap()), expected, "{stage:?}");
    }
}

#[test]
fn a_value_that_is_too_long_counts_for_none() {
    // Measured, to the byte: 64 entries of 41 bytes are read.
    let see = |value: &str| seen(&One.node().resolve(Some(value), &One.rules()).unwrap());
    for filler in [" ", ",", "x"] {
        assert_ne!(see(&filler.repeat(2624)), "0 ignored", "{filler:?}");
        assert_eq!(see(&filler.repeat(2625)), "0 ignored", "{filler:?}");
    }
    assert_eq!(see(&format!("{}1", " ".repeat(2623))), "@0 NoSuchGpu gpus: 1 =100");
}

#[test]
fn what_depends_on_the_speed_of_models_is_refused() {
    for value in [None, Some("0"), Some("1,0"), Some("0:0/0")] {
        let refused = Mixed.node().resolve(value, &Mixed.rules()).unwrap_err();
        assert_eq!(refused.kind(), gpushare::ErrorKind::NotSupported);
        assert_eq!(
            refused.to_string(),
            "CUDA's numbers depend on which model is the fastest: NVIDIA A100-SXM4-40GB, NVIDIA T4; set \
             CUDA_DEVICE_ORDER=PCI_BUS_ID or name GPUs by UUID"
        );
    }
}

#[test]
fn cuda_takes_two_words_for_the_order() {
    for word in ["FASTEST_FIRST", "PCI_BUS_ID"] {
        assert_eq!(word.parse::<gpushare::DeviceOrder>().unwrap().to_string(), word);
    }
    // Measured: with each of these cuInit fails.
    for text in ["", "abc", "pci_bus_id", " PCI_BUS_ID", "PCI_BUS_ID ", "PCI_BUS_IDx", "fastest_first", "0", "PCI"] {
        let refused = text.parse::<gpushare::DeviceOrder>().unwrap_err().to_string();
        assert!(refused.contains(&format!("{text:?}")), "{refused}");
    }
}

#[test]
fn a_process_has_no_more_than_64_mig_devices() {
    // MIG User Guide. Eight GPUs with nine MIG devices each, and one without MIG.
    let mut node = Split.node();
    let (whole, parts) = (node.gpus[2].clone(), node.gpus[0].mig_devices[0]);
    node.gpus = (0..8)
        .map(|index| crate::nodes::gpu(index, &format!("GPU-0000000{index}-0000-0000-0000-000000000000")))
        .collect();
    for gpu in &mut node.gpus {
        gpu.mig_enabled = true;
        gpu.mig_devices = (0..9).map(|id| VisibleMigDevice { gpu_instance: GpuInstanceId(id), ..parts }).collect();
    }
    node.gpus.push(VisibleGpu { index: 8, pci_address: "0000:f0:00.0".parse().unwrap(), ..whole });
    let seen = node.resolve(None, &Split.rules()).unwrap();
    assert_eq!(seen.devices.iter().filter(|device| device.mig.is_some()).count(), 64);
    assert!(seen.devices.last().is_some_and(|device| device.gpu == 8 && device.mig.is_none()));
}
