internal import Configuration
internal import Foundation
internal import TriggerWorker
internal import Yams

/// A configuration file: YAML, of which JSON is a part.
struct ConfigurationFile {
    /// The values by their key path.
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    /// The section `targets`: each alias with the pipeline it means, whose missing parts are the defaults.
    var aliases: [String: RequestedTarget] = [:]
    /// The keys `previously` of the section `targets`: what each alias meant before.
    var formerTargets: [String: [RequestedTarget]] = [:]
    /// The keys `publishers` of the section `targets`: who may start what each alias means.
    var publishers: [String: [String]] = [:]
    /// The section `factories`: how runs are recognised in a factory, by its ARM id as written.
    var factoryRules: [String: IdentityRule] = [:]

    /// No file.
    init() {}

    /// Reads a file; every key must be known, so that a misspelled one is not taken for absent.
    init(path: String) throws(ConfigurationError) {
        let text: String
        do {
            text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        } catch {
            throw ConfigurationError(faults: ["\(path): can't be read as UTF-8 text; check --config"])
        }
        try self.init(text: text, name: path)
    }

    /// Reads the text of a file.
    init(text: String, name: String) throws(ConfigurationError) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw ConfigurationError(faults: ["\(name): is not YAML or JSON: \(error.summary)"])
        } catch {
            throw ConfigurationError(faults: ["\(name): is not YAML or JSON"])
        }
        guard let root, root != .scalar(.init("")) else { return }
        guard case .mapping(let sections) = root else {
            throw ConfigurationError(faults: ["\(name): must be a mapping of sections such as amqp and azure"])
        }
        var faults: [String] = []
        for (section, content) in sections {
            let sectionName = section.string ?? ""
            guard case .mapping(let members) = content else {
                faults.append("\(name): \"\(sectionName)\" must be a section with keys of its own")
                continue
            }
            for (key, value) in members {
                let keyName = key.string ?? ""
                do throws(ConfigurationError) {
                    if sectionName == "targets" {
                        try readTarget(keyName, value, "\(name): targets.\(keyName)")
                    } else if sectionName == "factories" {
                        factoryRules[keyName] = try Self.identityRule(value, "\(name): factories.\(keyName)")
                    } else {
                        try read(value, path: "\(sectionName).\(keyName)", name: name)
                    }
                } catch {
                    faults += error.faults
                }
            }
        }
        guard faults.isEmpty else { throw ConfigurationError(faults: faults) }
    }

    private mutating func read(_ value: Node, path: String, name: String) throws(ConfigurationError) {
        guard
            let key = ConfigurationKey.all.first(where: { $0.path == path || ($0.isSecret && path == "\($0.path)File") }
            )
        else {
            throw ConfigurationError(faults: ["\(name): there is no setting \"\(path)\""])
        }
        let content: ConfigContent
        switch value {
        case .scalar(let scalar): content = key.isList ? .stringArray([scalar.string]) : .string(scalar.string)
        case .sequence(let items) where key.isList: content = .stringArray(items.compactMap { $0.scalar?.string })
        default:
            throw ConfigurationError(
                faults: ["\(name): \(path) must be \(key.isList ? "a value or a list of values" : "one value")"])
        }
        values[AbsoluteConfigKey(ConfigKey(path))] = ConfigValue(content, isSecret: key.isSecret)
    }

    private mutating func readTarget(_ alias: String, _ value: Node, _ place: String) throws(ConfigurationError) {
        guard case .mapping(var members) = value else {
            aliases[alias] = try Self.target(value, place)
            return
        }
        let former = members["previously"]
        let publishers = members["publishers"]
        members["previously"] = nil
        members["publishers"] = nil
        aliases[alias] = try Self.target(.mapping(members), place)
        if let publishers { self.publishers[alias] = try Self.names(publishers, "\(place).publishers") }
        guard let former else { return }
        guard case .sequence(let targets) = former else {
            throw ConfigurationError(faults: ["\(place).previously must be a list of targets"])
        }
        for (index, target) in targets.enumerated() {
            formerTargets[alias, default: []].append(try Self.target(target, "\(place).previously[\(index)]"))
        }
    }

    private static func names(_ value: Node, _ place: String) throws(ConfigurationError) -> [String] {
        guard case .sequence(let items) = value, !items.isEmpty else {
            throw ConfigurationError(faults: ["\(place) must be a list of user names, or be left out"])
        }
        return try items.map { item throws(ConfigurationError) in
            guard let name = item.scalar?.string, !name.isEmpty else {
                throw ConfigurationError(faults: ["\(place) must be a list of user names, each one text"])
            }
            return name
        }
    }

    /// `runIdentity`, and `markerParameter` with `marker`.
    private static func identityRule(_ value: Node, _ place: String) throws(ConfigurationError) -> IdentityRule {
        var texts: [String: String] = [:]
        if case .mapping(let members) = value {
            for (key, value) in members { texts[key.string ?? ""] = value.scalar?.string ?? "" }
        }
        let known = texts.keys.allSatisfy { ["runIdentity", "markerParameter"].contains($0) }
        guard known, let kind = texts["runIdentity"],
            let rule = IdentityRule(kind: kind, markerParameter: texts["markerParameter"])
        else {
            throw ConfigurationError(faults: ["\(place) \(IdentityRule.expectation)"])
        }
        return rule
    }

    private static func target(_ value: Node, _ place: String) throws(ConfigurationError) -> RequestedTarget {
        switch value {
        case .scalar(let scalar):
            guard let target = Target(resourceID: scalar.string) else {
                throw ConfigurationError(
                    faults: [
                        "\(place) must be an ARM id /subscriptions/…/pipelines/…, or a mapping with the key pipeline"
                    ])
            }
            return .resource(target)
        case .mapping(let members):
            var parts: [String: String] = [:]
            for (key, value) in members {
                guard let name = key.string, let text = value.scalar?.string,
                    ["subscriptionId", "resourceGroup", "factory", "pipeline"].contains(name)
                else {
                    throw ConfigurationError(
                        faults: [
                            "\(place): the keys are subscriptionId, resourceGroup, factory and pipeline, each one text"
                        ])
                }
                parts[name] = text
            }
            return .parts(
                subscriptionID: parts["subscriptionId"],
                resourceGroup: parts["resourceGroup"],
                factory: parts["factory"],
                pipeline: parts["pipeline"]
            )
        default:
            throw ConfigurationError(faults: ["\(place) must be an ARM id or a mapping"])
        }
    }
}

extension YamlError {
    /// What is wrong and in which line, without the text of the file: it may hold a secret.
    fileprivate var summary: String {
        switch self {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "\(problem) (line \(mark.line))"
        default: "it can't be parsed"
        }
    }
}

extension IdentityRule {
    /// What a setting of a rule must look like.
    static let expectation =
        "must have runIdentity: clientRequestId, marker or none; and markerParameter, a name, with marker alone"

    /// Nil where the two do not go together.
    init?(kind: String, markerParameter: String?) {
        switch (kind, markerParameter) {
        case ("clientRequestId", nil): self = .clientRequestID
        case ("marker", let name?) where !name.isEmpty: self = .marker(parameter: name)
        case ("none", nil): self = .none
        default: return nil
        }
    }
}
