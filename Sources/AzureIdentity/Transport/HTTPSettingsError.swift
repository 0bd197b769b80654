/// Why a setting of the network, such as a proxy, cannot be used. Somebody has to change it; waiting does not help.
public struct HTTPSettingsError: Error, Sendable, Hashable {
    /// The environment variable at fault, such as `HTTPS_PROXY`.
    public let setting: String

    /// The fault and its mend, in words. It holds no user name and no password.
    public let message: String

    /// Makes an error.
    ///
    /// - Parameter message: Must hold no secret: it is logged.
    package init(setting: String, message: String) {
        self.setting = setting
        self.message = message
    }
}

extension HTTPSettingsError: CustomStringConvertible {
    /// The variable and what is wrong with it.
    public var description: String { "\(setting): \(message)" }
}
