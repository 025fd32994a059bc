//===- TranslationTest.cpp - What the translation refuses, and keeps ------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/gpu_emulator/Harness.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <bit>

using namespace agon;
using namespace agon::test;
using testing::HasSubstr;

namespace {

const std::string header = "target triple = \"nvptx64-nvidia-cuda\"\n";

TEST(Refusals, NameWhatTheEmulatorDoesNotKnow) {
  EXPECT_EQ(
      refusal(header + "define ptx_kernel void @k() {\n  call void asm sideeffect \"trap;\", \"\"()\n  ret void\n}"),
      "'k' has inline PTX, which the emulator cannot run: trap;");
  EXPECT_EQ(refusal(header + "declare float @__nv_expf(float)\ndefine ptx_kernel void @k(ptr %p) {\n"
                             "  %v = call float @__nv_expf(float 1.0)\n  store float %v, ptr %p\n  ret void\n}"),
            "the module calls '__nv_expf', which it does not define, and no device has");
  EXPECT_EQ(refusal(header + "declare void @llvm.nvvm.mbarrier.init.shared(ptr addrspace(3), i32)\n"
                             "define ptx_kernel void @k(ptr addrspace(3) %p) {\n"
                             "  call void @llvm.nvvm.mbarrier.init.shared(ptr addrspace(3) %p, i32 1)\n  ret void\n}"),
            "the emulator does not know 'llvm.nvvm.mbarrier.init.shared', called by 'k'");
  EXPECT_EQ(refusal(header + "define void @k() {\n  ret void\n}"),
            "the module has no kernel: no function with the calling convention ptx_kernel");
  EXPECT_EQ(refusal("target triple = \"x86_64-pc-linux-gnu\"\ndefine void @k() {\n  ret void\n}"),
            "the module is for 'x86_64-pc-linux-gnu', not for nvptx64-nvidia-cuda");
}

TEST(Refusals, NameFunctionsThatADeviceHasNot) {
  auto calling = [](const std::string &function, const std::string &flags) {
    return refusal(header + "declare float @" + function + "(float)\ndefine ptx_kernel void @k(ptr %p) {\n" +
                   "  %v = load float, ptr %p\n  %r = call " + flags + " float @" + function +
                   "(float %v)\n  store float %r, ptr %p\n  ret void\n}");
  };
  EXPECT_EQ(calling("llvm.exp.f32", "afn"), "'k' calls 'llvm.exp.f32', which no device has");
  EXPECT_EQ(calling("llvm.exp2.f32", ""),
            "'k' calls 'llvm.exp2.f32', which a device has only approximately, without afn");
  EXPECT_EQ(calling("llvm.exp2.f32", "afn"), "");
  EXPECT_EQ(calling("llvm.sqrt.f32", ""), "");
}

TEST(Places, AreLinesWhereTheModuleHasThem) {
  auto library = compileText(header + R"(
define ptx_kernel void @k(ptr %p) !dbg !3 {
  store i32 1, ptr %p, align 4, !dbg !5
  ret void, !dbg !5
}
!llvm.module.flags = !{!0}
!llvm.dbg.cu = !{!1}
!0 = !{i32 2, !"Debug Info Version", i32 3}
!1 = distinct !DICompileUnit(language: DW_LANG_C, file: !2, emissionKind: FullDebug)
!2 = !DIFile(filename: "model.agon", directory: "")
!3 = distinct !DISubprogram(name: "k", file: !2, line: 7, type: !4, unit: !1, spFlags: DISPFlagDefinition)
!4 = !DISubroutineType(types: !{})
!5 = !DILocation(line: 8, column: 3, scope: !3)
)");
  int elsewhere = 0;
  EXPECT_THAT(launch(*library, "k", {1, 1}, {&elsewhere}), HasSubstr("at k (model.agon:8:3): writes 4 bytes at"));
  EXPECT_EQ(elsewhere, 0);
}

/// Masked accesses touch only what their mask says, and bf16 rounds to nearest even, as the device does.
TEST(Translation, KeepsMasksAndRounding) {
  auto library = compileText(header + R"(
declare <4 x float> @llvm.masked.load.v4f32.p0(ptr, <4 x i1>, <4 x float>)
define ptx_kernel void @k(ptr %in, ptr %out) {
  %v = call <4 x float> @llvm.masked.load.v4f32.p0(ptr align 4 %in, <4 x i1> <i1 1, i1 1, i1 1, i1 0>, <4 x float> zeroinitializer)
  %b = fptrunc <4 x float> %v to <4 x bfloat>
  store <4 x bfloat> %b, ptr %out, align 8
  %x = extractelement <4 x bfloat> %b, i32 0
  %y = fadd bfloat %x, 0xR3B80
  %p = getelementptr i8, ptr %out, i32 8
  store bfloat %y, ptr %p, align 2
  ret void
}
)");
  Buffer<float> in(std::vector{1 + 0x1p-8f, 1 + 0x1p-8f + 0x1p-20f, 1e-40f});
  Buffer<uint16_t> out(5);
  EXPECT_EQ(launch(*library, "k", {1, 1}, {in.data(), out.data()}), "");
  EXPECT_EQ(out.values, (std::vector<uint16_t>{0x3f80, 0x3f81, 0x0001, 0, 0x3f80}));
}

} // namespace
