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
        for mapping in unchangedMappings(in: String(decoding: smaps, as: UTF8.self)) {
            // Refused for memory that is locked, which is to stay.
            _ = madvise(UnsafeMutableRawPointer(bitPattern: mapping.lowerBound), mapping.count, MADV_DONTNEED)
        }
    }

    /// Where files are mapped that hold the same as memory, so that nothing can be lost: can't be written to, and no page
    /// is the process's own. Such are left behind in a library's tables by the dynamic linker, and in code by a debugger
    /// or a probe.
    ///
    /// - Parameter smaps: `/proc/self/smaps` (proc_pid_smaps(5)).
    static func unchangedMappings(in smaps: String) -> [Range<UInt>] {
        var mappings: [Range<UInt>] = []
        var mapping: Range<UInt>?
        for line in smaps.split(separator: "\n") {
            if line.first?.isUppercase == false {
                mapping = unwritableFile(line)
            } else if line.hasPrefix("Anonymous:"), !line.hasSuffix(" 0 kB") {
                mapping = nil
            } else if line.hasPrefix("Swap:") {
                if let mapping, line.hasSuffix(" 0 kB") { mappings.append(mapping) }
                mapping = nil
            }
        }
        return mappings
    }

    /// What `7f00-7f10 r-xp 00000000 fe:00 12 /usr/lib/libc.so.6` begins with; nil for another kind of mapping.
    private static func unwritableFile(_ line: Substring) -> Range<UInt>? {
        let fields = line.split(separator: " ", maxSplits: 5)
        guard fields.count == 6, ["r--p", "r-xp"].contains(fields[1]), fields[5].drop(while: { $0 == " " }).first == "/"
        else { return nil }
        let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
    }
}
