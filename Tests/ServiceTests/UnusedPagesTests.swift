import Foundation
import Testing

@testable import adf_trigger

@Suite("Pages the start alone needed", .timeLimit(.minutes(5)))
struct UnusedPagesTests {
    private static let pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))

    private static func entry(_ line: String, anonymous: Int = 0, swap: Int? = 0) -> String {
        let fields = ["Size: 4 kB", "Rss: 4 kB", "Anonymous:   \(anonymous) kB", "AnonHugePages:   8 kB"]
        let ends = (swap.map { ["Swap:   \($0) kB", "SwapPss:  4 kB"] } ?? []) + ["VmFlags: rd mr", ""]
        return ([line] + fields + ends).joined(separator: "\n")
    }

    @Test("code that can't be written to is given back with what belongs to it, unless a page is the process's own")
    func selection() {
        let smaps = [
            Self.entry("1000-2000 r--p 00000000 fe:00 12       /usr/bin/program with spaces"),
            Self.entry("2000-2800 r-xp 00000000 fe:00 12       /usr/bin/program with spaces", anonymous: 4),
            Self.entry("2800-3000 r-xp 00001000 fe:00 12       /usr/lib/library.so (deleted)"),
            Self.entry("3000-4000 r--p 00002000 fe:00 12       /usr/lib/swapped.so", anonymous: 4),
            Self.entry("4000-5000 r-xp 00002000 fe:00 12       /usr/lib/swapped.so", swap: 40),
            Self.entry("5000-6000 rw-p 00003000 fe:00 12       /usr/lib/written.so"),
            Self.entry("6000-7000 r--s 00000000 fe:00 12       /usr/share/shared"),
            Self.entry("7000-8000 ---p 00000000 fe:00 12       /usr/lib/closed.so"),
            Self.entry("7800-7900 r--p 00000000 fe:00 12       /usr/share/without-code"),
            Self.entry("8000-9000 r--p 00000000 00:00 0"),
            Self.entry("9000-a000 r-xp 00000000 00:00 0        [vdso]"),
            Self.entry("b000-a000 r-xp 00000000 fe:00 12       /backwards"),
            Self.entry("x-c000 r-xp 00000000 fe:00 12          /no-number"),
            Self.entry("c000-d000 r-xp 00000000 fe:00 12       /of-unknown-swap", swap: nil),
            Self.entry("ffffffffff600000-ffffffffff601000 r-xp 00000000 fe:00 12 /last"),
        ]

        let last: UInt = 0xffff_ffff_ff60_0000
        #expect(
            UnusedPages.unchangedMappings(in: Array(smaps.joined().utf8))
                == [0x1000..<0x2000, 0x2800..<0x3000, last..<last + 0x1000]
        )
        #expect(UnusedPages.unchangedMappings(in: []).isEmpty)
    }

    @Test("what is given back is resident no more, reads as before, and what was changed in memory stays")
    func givingBack() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (plain, changed) = (folder.appending(path: "plain"), folder.appending(path: "changed"))
        for file in [plain, changed] { try Data(repeating: 7, count: Self.pageByteCount).write(to: file) }

        try Self.withMapping(of: plain) { untouched in
            try Self.withMapping(of: changed) { touched in
                touched[0] = 8
                for page in [untouched, touched] { mprotect(page.baseAddress, page.count, PROT_READ | PROT_EXEC) }
                #expect(untouched[0] == 7)
                let before = try Self.residentKilobytes(of: plain)

                UnusedPages.giveBack()

                let after = try (plain: Self.residentKilobytes(of: plain), changed: Self.residentKilobytes(of: changed))
                #expect(before > 0)
                #expect(after.plain == 0)
                #expect(after.changed > 0)
                #expect(untouched.allSatisfy { $0 == 7 })
                #expect(touched[0] == 8)
            }
        }
    }

    private static func withMapping(
        of file: URL,
        _ body: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        let handle = try FileHandle(forReadingFrom: file)
        let start = mmap(nil, pageByteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE, handle.fileDescriptor, 0)
        let address = try #require(start == MAP_FAILED ? nil : start)
        defer { munmap(address, pageByteCount) }
        try body(UnsafeMutableRawBufferPointer(start: address, count: pageByteCount))
    }

    private static func residentKilobytes(of file: URL) throws -> Int {
        let handle = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
        let smaps = String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self).split(separator: "\n")
        let start = try #require(smaps.firstIndex { $0.hasSuffix(file.path) })
        let resident = try #require(smaps[start...].first { $0.hasPrefix("Rss:") })
        return try #require(resident.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }
}
