error-request = ID { $id }
