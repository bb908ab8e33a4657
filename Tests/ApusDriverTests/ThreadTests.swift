import ApusIR
import ApusRuntime
import Foundation
import Testing

@testable import ApusDriver

/// Emitted C runs its parallel loops on threads of the caller, with the same bits.
@Suite struct ThreadTests {
  /// Attention, whose pieces have memory of their own, and a product of many rows.
  private static let graph = """
    graph @g(%q: tensor<6x200x64xf32>, %k: tensor<6x64x200xf32>, %v: tensor<6x200x64xf32>) \
    -> (y: tensor<1200x64xf32>) {
      %0 = matmul %q, %k : tensor<6x200x200xf32>
      %1 = softmax %0 {axis = 2} : tensor<6x200x200xf32>
      %2 = matmul %1, %v : tensor<6x200x64xf32>
      %3 = reshape %2 {shape = <1200x64>} : tensor<1200x64xf32>
      %4 = transpose %3 {permutation = [1, 0]} : tensor<64x1200xf32>
      %5 = matmul %3, %4 : tensor<1200x1200xf32>
      %6 = matmul %5, %3 : tensor<1200x64xf32>
      return %6
    }

    """

  private static let main = """
    #include "g.h"
    #include <pthread.h>
    #include <stdio.h>
    #include <string.h>

    typedef struct { void (*body)(void *, ptrdiff_t); void *data; ptrdiff_t first, count; } share;
    static int forks;

    static void *work(void *arguments) {
      const share *own = arguments;
      for (ptrdiff_t i = own->first; i < own->count; i += 3) own->body(own->data, i);
      return NULL;
    }

    static void run(void *pool, ptrdiff_t count, void (*body)(void *, ptrdiff_t), void *data) {
      pthread_t threads[3];
      share shares[3];
      *(int *)pool += 1;
      for (int i = 0; i < 3; i++) {
        shares[i] = (share){body, data, i, count};
        pthread_create(&threads[i], NULL, work, &shares[i]);
      }
      for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    }

    static float q[6 * 200 * 64], k[6 * 200 * 64], v[6 * 200 * 64], a[1200 * 64], b[1200 * 64];
    static unsigned char arena[G_ARENA_BYTES] __attribute__((aligned(64)));

    int main(void) {
      g_context context;
      for (int i = 0; i < 6 * 200 * 64; i++) {
        q[i] = (float)(i * 37 % 101) / 101;
        k[i] = (float)(i * 53 % 97) / 97;
        v[i] = (float)(i * 71 % 89) / 89;
      }
      if (g_init(&context, arena, NULL, NULL) != G_OK) return 1;
      if (g_run(&context, q, k, v, a) != G_OK || forks != 0) return 2;
      context.threads.run = run;
      context.threads.pool = &forks;
      for (int round = 0; round < 20; round++) {
        memset(b, 0, sizeof b);
        if (g_run(&context, q, k, v, b) != G_OK || memcmp(a, b, sizeof a) != 0) return 3;
      }
      return forks >= 20 * 3 ? 0 : 4;
    }

    """

  @Test func callersThreadsGiveTheSameBits() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.path
    try Self.graph.write(toFile: folder + "/g.apir", atomically: true, encoding: .utf8)
    try Self.main.write(toFile: folder + "/main.c", atomically: true, encoding: .utf8)
    let compiled = apus(
      "compile", folder + "/g.apir", "-o", folder, "--threads", "callback", "--target", "c99")
    #expect(compiled.code == 0, "\(compiled.message)")
    let flags = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
    let built = try shell(
      ["cc"] + flags + ["g.c", "main.c", "-o", "g", "-lm", "-pthread"], in: folder)
    #expect(built == 0)
    #expect(try shell([folder + "/g"], in: folder) == 0)
  }

  private func shell(_ words: [String], in folder: String) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
