public import Gatehouse

/// Logs clients in under the name they give; the password only has to be there. Module `Login`.
public struct Login: Module {
    public let type = "Login"

    /// The module.
    public init() {}

    public func register(in handlers: inout HandlerTable) {
        handlers.register("HD_Login") { (call: Call, form: JSONValue) in
            guard let name = form["userName"]?.string, form["passWord"]?.string != nil else {
                return "userName or passWord cannot be nil"
            }
            var session = call.session
            try await session.bind(UserID(name))
            session.set("login", "true")
            try await session.push()
            return "login success \(name)"
        }
        for robot in ["HD_Robot", "HD_Robot_GO"] {
            handlers.register(robot, .concurrent) { (_: Call, _: JSONValue) in "sss" }
        }
    }
}
