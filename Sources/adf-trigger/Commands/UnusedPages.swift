internal import Foundation

/// What is resident of the program's file and of its libraries' after the start, and not needed any more.
///
/// The kernel maps the fifteen pages around one that is touched along with it, and a start touches code all over the
/// files: of the 38 MiB that are resident after it, 18 are not touched again while the worker waits for requests.
enum UnusedPages {
    /// Has the kernel take them off the process. What is touched again comes back from the page cache, as it does after
    /// the kernel has taken pages for want of memory. Where it doesn't say which can be taken, none are.
    static func giveBack() {
        // Not by FileManager, which takes what one read gives for all of a file without a size.
        guard let smaps = try? FileHandle(forReadingAtPath: "/proc/self/smaps")?.readToEnd() else { return }
        for mapping in unchangedMappings(in: Array(smaps)) {
            // Refused for memory that is locked, which is to stay.
            _ = madvise(UnsafeMutableRawPointer(bitPattern: mapping.lowerBound), mapping.count, MADV_DONTNEED)
        }
    }

    /// Where files with code are mapped that hold the same as memory, so that nothing can be lost: can't be written to,
    /// and no page is the process's own. Such are left behind in a library's tables by the dynamic linker, and in code by
    /// a debugger or a probe.
    ///
    /// Files without code are left alone: another thread may have unmapped one since, and memory be in its place. Libraries
    /// are not unloaded here.
    ///
    /// - Parameter smaps: `/proc/self/smaps` (proc_pid_smaps(5)).
    static func unchangedMappings(in smaps: [UInt8]) -> [Range<UInt>] {
        var mappings: [Mapping] = []
        var filesWithCode: Set<Substring> = []
        var mapping: Mapping?
        // As bytes: it's thousands of lines, and the first request waits for it.
        for line in smaps.split(separator: UInt8(ascii: "\n")) {
            switch line.first ?? 0 {
            case UInt8(ascii: "A") where line.starts(with: "Anonymous:".utf8):
                if !isZero(line) { mapping = nil }
            case UInt8(ascii: "S") where line.starts(with: "Swap:".utf8):
                if let mapping, isZero(line) { mappings.append(mapping) }
                mapping = nil
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): break
            default:
                mapping = Mapping(Substring(decoding: line, as: UTF8.self))
                if let mapping, mapping.isCode { filesWithCode.insert(mapping.file) }
            }
        }
        return mappings.filter { filesWithCode.contains($0.file) }.map(\.range)
    }

    private static func isZero(_ line: ArraySlice<UInt8>) -> Bool {
        !line.contains { (UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) }
    }

    /// A file's, which can't be written to.
    private struct Mapping {
        let range: Range<UInt>
        let isCode: Bool
        let file: Substring

        /// What `7f00-7f10 r-xp 00000000 fe:00 12 /usr/lib/libc.so.6` says; nil for another kind of mapping.
        init?(_ line: Substring) {
            let fields = line.split(separator: " ", maxSplits: 5)
            guard fields.count == 6, ["r--p", "r-xp"].contains(fields[1]) else { return nil }
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            file = fields[5].drop { $0 == " " }
            guard ends.count == 2, ends[0] < ends[1], file.first == "/" else { return nil }
            range = ends[0]..<ends[1]
            isCode = fields[1] == "r-xp"
        }
    }
}
