kind-counts-viewed = Zahlen zu Kursen angesehen
