/// The configuration file of mqant's demo server, as it is.
let mqantServerFile = #"""
    {
        "Master":{
            "Enable":false,
            "MasterType":"Master",
            "WebRoot":"console",
            "WebHost":"0.0.0.0:8686",
            "SSH":[

            ],
            "Process":[

            ]
        },
    	"Module":{
            "Gate":[
                    {
                        "Id":"Gate001",
                        "ProcessID":"development",
                        "Settings":{
                            "WSAddr":      	 ":3653",
                            "TCPAddr":     	 ":3563",
                            "MaxMsgLen":     4096,
                            "HTTPTimeout":   10,
                            "MaxConnNum" :   20000,
                            "Tls"        :   false,
                            "CertFile"       :   "sslkey/h5link.pem",
                            "KeyFile"        :   "sslkey/h5link.key",
                            "MinHBStorage"  :   60
                        }
                    }
                ],
            "Master":[
                            {
                                "Id":"Master001",
                                "ProcessID":"development"
                            }
                    ],
            "HelloWorld":[
              {
                "Id":"HelloWorld001",
                "ProcessID":"development"
              }
            ],
            "Login":[
                    {
                        "Id":"Login001",
                        "ProcessID":"development"
                    }
            ],
            "Chat":[
                       {
                            "Id":"Chat001",
                            "ProcessID":"development"
                       }
                   ],
            "PyChat":[
                               {
                                    "Id":"PyChat001",
                                    "ProcessID":"development"
                               }
                           ],
            "Test":[
                               {
                                    "Id":"Test001",
                                    "ProcessID":"development"
                               }
                           ],
            "Hitball":[
                       {
                            "Id":"Hitball001",
                            "ProcessID":"development"
                       }
            ],
            "XaXb":[
              {
                "Id":"XaXb001",
                "ProcessID":"development",
                "Settings":{
                  "LevelPath":      	 "static/tacit/assets/levels/level1.json"
                }
              }
            ],
            "Webapp":[
                            {
                                "Id":"Webapp001",
                                "ProcessID":"development",
                                "Settings":{
                                    "StaticPath":"bin"
                                }
                            }
                    ],
            "Tracing":[
                                    {
                                        "Id":"Tracing001",
                                        "ProcessID":"development",
                                        "Settings":{
                                            "StoreFile":     "appdash.gob",
                                            "URL":     	 "http://localhost:7700",
                                            "CollectorAddr":":7701",
                                            "HTTPAddr":   ":7700"
                                        }
                                    }

                    ]
    	},
    	"Mqtt":{
            "WirteLoopChanNum": 10,
            "ReadPackLoop": 1,
            "ReadTimeout": 600,
            "WriteTimeout": 300
    	},
        "Rpc":{
            "MaxCoroutine":10000,
            "RpcExpired": 1,
            "LogSuccess":false
        }
    }
    """#
