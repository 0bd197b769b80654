#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A small file that a credential reads each time it needs it, because somebody else replaces it now and then.
enum BoundedFile {
    /// Why there is nothing to read, for a sentence that begins with the file.
    struct Problem: Error {
        let text: String
    }

    /// The whole file.
    ///
    /// - Parameter limit: The largest file taken, in bytes.
    static func read(_ path: String, limit: Int) throws(Problem) -> [UInt8] {
        // Kubernetes mounts tokens and certificates as links. The size is asked for first, because a device has no end.
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: target) else {
            throw Problem(text: "does not exist or is in a directory that may not be entered")
        }
        guard attributes[.type] as? FileAttributeType == .typeRegular else { throw Problem(text: "is no regular file") }
        // A UInt, or an NSNumber where the whole of Foundation is in the program; this cast reads both.
        guard let size = attributes[.size] as? UInt, size <= limit else {
            throw Problem(text: "is larger than \(limit) bytes")
        }
        guard let contents = FileManager.default.contents(atPath: target) else {
            throw Problem(text: "cannot be read: check its owner and mode")
        }
        guard contents.count <= limit else { throw Problem(text: "is larger than \(limit) bytes") }
        return Array(contents)
    }
}
