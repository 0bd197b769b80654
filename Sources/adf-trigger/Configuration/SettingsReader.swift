internal import Configuration
internal import Foundation

/// Reads values out of the layers: command line over environment over file over defaults.
///
/// Everything is read as text and converted here, so that a value that can't be converted is a fault with a name and
/// not a silent default. Faults are collected: one run of the program shows all of them.
struct SettingsReader {
    private let reader: ConfigReader
    /// The layers that may hold secrets, highest first: a secret's file in one must not beat its value in a higher one.
    private let secretLayers: [ConfigReader]
    private(set) var faults: [String] = []

    /// - Parameters:
    ///   - assignments: `KEY=VALUE` from the command line, where everybody can read it: no secrets.
    ///   - environment: The process's environment.
    init(
        assignments: [String],
        environment: [String: String],
        file: ConfigurationFile
    ) throws(ConfigurationError) {
        var given: [AbsoluteConfigKey: ConfigValue] = [:]
        for assignment in assignments {
            let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let key = ConfigurationKey.all.first(where: { $0.path == parts[0] }) else {
                throw ConfigurationError(
                    faults: ["--set \(parts[0]): there is no such setting; expected --set KEY=VALUE"])
            }
            guard !key.isSecret else {
                throw ConfigurationError(
                    faults: [
                        "--set \(key.path): the command line is visible to every user; use \(key.environmentName) or \(key.environmentName)_FILE"
                    ])
            }
            let value = String(parts[1])
            let content: ConfigContent = key.isList ? .stringArray(Self.list(value)) : .string(value)
            given[AbsoluteConfigKey(ConfigKey(key.path))] = ConfigValue(content, isSecret: false)
        }
        let environmentProvider = EnvironmentVariablesProvider(
            environmentVariables: Self.withoutPrefix(environment)
        )
        reader = ConfigReader(providers: [
            InMemoryProvider(values: given), environmentProvider, InMemoryProvider(values: file.values),
        ])
        secretLayers = [
            ConfigReader(provider: environmentProvider),
            ConfigReader(provider: InMemoryProvider(values: file.values)),
        ]
    }

    /// Our variables without their prefix, and Azure's own, which are honoured as they are but yield to ours.
    private static func withoutPrefix(_ environment: [String: String]) -> [String: String] {
        var result: [String: String] = [:]
        for name in azureVariables { result[name] = environment[name] }
        for (name, value) in environment where name.hasPrefix(ConfigurationKey.environmentPrefix) {
            result[String(name.dropFirst(ConfigurationKey.environmentPrefix.count))] = value
        }
        return result
    }

    /// Those of the settings that Azure's own tools read under the same name.
    static let azureVariables: Set = [
        "AZURE_AUTHORITY_HOST", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_TENANT_ID",
    ]

    /// Variables with our prefix that mean nothing: misspelled ones, or those of another version.
    static func unknownVariables(in environment: [String: String]) -> [String] {
        let known = Set(
            ConfigurationKey.all.flatMap { key in
                key.isSecret ? [key.environmentName, key.environmentName + "_FILE"] : [key.environmentName]
            }
        )
        return environment.keys.filter { $0.hasPrefix(ConfigurationKey.environmentPrefix) && !known.contains($0) }
            .sorted()
    }

    // MARK: - Values

    mutating func text(_ key: ConfigurationKey) -> String? {
        guard key.isSecret else { return reader.string(forKey: ConfigKey(key.path)).flatMap { $0.isEmpty ? nil : $0 } }
        for layer in secretLayers {
            let value = layer.string(forKey: ConfigKey(key.path), isSecret: true) ?? ""
            let path = layer.string(forKey: ConfigKey(key.path + "File")) ?? ""
            if !value.isEmpty, !path.isEmpty {
                fault(key, "is given both directly and by a file; leave one out")
            }
            if !value.isEmpty { return value }
            if !path.isEmpty { return secret(key, fromFile: path) }
        }
        return nil
    }

    /// The text of a secret's file; empty, and a fault, where there is none.
    private mutating func secret(_ key: ConfigurationKey, fromFile path: String) -> String {
        guard let text = try? String(contentsOf: URL(filePath: path), encoding: .utf8) else {
            fault(key, "its file \(path) can't be read as text")
            return ""
        }
        // Editors and `echo` end a file with a line feed that is not part of the secret.
        var secret = Substring(text)
        while let last = secret.last, last.isNewline { secret.removeLast() }
        if secret.isEmpty { fault(key, "its file \(path) is empty") }
        return String(secret)
    }

    mutating func list(_ key: ConfigurationKey) -> [String]? {
        reader.stringArray(forKey: ConfigKey(key.path)).map { $0.flatMap { Self.list($0) } }
    }

    /// A list whose items may have commas in them where they come from a file: a user of a certificate is called
    /// `CN=etl,O=Example`.
    mutating func names(_ key: ConfigurationKey) -> [String]? {
        reader.stringArray(forKey: ConfigKey(key.path)).map { names in
            names.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        }
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    mutating func integer(_ key: ConfigurationKey, in range: ClosedRange<Int>, default value: Int) -> Int {
        guard let text = text(key) else { return value }
        guard let number = Int(text), range.contains(number) else {
            fault(key, "\"\(text)\" is not a whole number from \(range.lowerBound) to \(range.upperBound)")
            return value
        }
        return number
    }

    mutating func number(_ key: ConfigurationKey, in range: ClosedRange<Double>, default value: Double) -> Double {
        guard let text = text(key) else { return value }
        guard let number = Double(text), range.contains(number) else {
            fault(key, "\"\(text)\" is not a number from \(range.lowerBound) to \(range.upperBound)")
            return value
        }
        return number
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: ConfigurationKey,
        default value: Choice
    ) -> Choice where Choice.RawValue == String {
        guard let text = text(key) else { return value }
        guard let choice = Choice(rawValue: text) else {
            let choices = Choice.allCases.map { $0.rawValue }.joined(separator: ", ")
            fault(key, "\"\(text)\" is none of: \(choices)")
            return value
        }
        return choice
    }

    mutating func fault(_ key: ConfigurationKey, _ message: String) {
        faults.append("\(key.path) (\(key.environmentName)): \(message)")
    }

    mutating func fault(_ message: String) {
        faults.append(message)
    }
}
