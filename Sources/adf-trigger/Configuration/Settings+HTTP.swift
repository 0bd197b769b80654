extension Settings {
    /// Where the worker answers probes.
    struct HTTPAddress: Sendable, Hashable, CustomStringConvertible {
        var host: String
        var port: Int

        var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }
}

extension Settings.HTTPAddress {
    /// Nil where no port is set.
    init?(_ reader: inout SettingsReader) {
        // Probes come to the pod's own address, which is not known when this is written; loopback would be of no use.
        host = reader.text(.httpHost) ?? "0.0.0.0"
        port = reader.integer(.httpPort, in: 0...65_535, default: 0)
        guard port != 0 else { return nil }
    }
}
