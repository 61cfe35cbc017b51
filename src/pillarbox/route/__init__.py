"""Where does this recipient go: into an inbox here, to a mail exchanger, or through a smart host?"""
