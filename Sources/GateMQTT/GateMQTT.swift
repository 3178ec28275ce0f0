// GateMQTT
