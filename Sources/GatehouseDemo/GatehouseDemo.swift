// GatehouseDemo
